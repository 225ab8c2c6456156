"""What stands between the cells of a text file."""

import csv
import dataclasses
import io
import itertools
import os
import sys
from typing import Any

from keras_multimodal.data.column.text_file import TextFile, plain_suffix

SEPARATORS = (",", ";", "\t", "|")
_ROWS = 20  # that are counted
_LENGTH = 100_000  # signs in which they are looked for


@dataclasses.dataclass(frozen=True)
class DelimitedText:
    """A text file of rows of cells.

    Args:
        file: The file, and its encoding.
        separator: What stands between its cells.
        begin: How many lines stand before the names: one where a spreadsheet has written `sep=;`.
    """

    file: TextFile
    separator: str
    begin: int = 0

    @classmethod
    def find(
        cls,
        path: str | os.PathLike[str],
        encoding: str | None = None,
        separator: str | None = None,
        otherwise: str | None = None,
    ) -> "DelimitedText":
        """Return a file with what separates its cells, by its ending, its first line and its names.

        Tabs in a `.tsv`; elsewhere what a first line such as `sep=;` says, or the sign that is
        among the names: a comma, a semicolon, a tab or a vertical bar. Where there are several, the
        first that parts the rows below into as many cells.

        Args:
            path: The file.
            encoding: Its encoding. Default `None`: as its bytes show.
            separator: What separates its cells. Default `None`: as above.
            otherwise: Its encoding if it has no mark and is no UTF-8. Default `None`: as its bytes
                show.

        Raises:
            ArgumentError: If its encoding cannot be told.
            FileNotFoundError: If there is none.
        """
        file = TextFile.find(path, encoding, otherwise)
        with file.open() as lines:
            try:
                start = lines.read(_LENGTH)
            except UnicodeDecodeError:  # reading the file says so
                start = ""
        first = start.partition("\n")[0].strip("\ufeff\r\"'")
        if first[:4].lower() == "sep=" and len(first) == 5:
            return cls(file, separator or first[4], 1)
        if separator is not None or plain_suffix(path) == ".tsv":
            return cls(file, separator or "\t")
        return cls(file, _separator(start, whole=len(start) < _LENGTH))

    @property
    def options(self) -> dict[str, Any]:
        """The arguments of `pandas.read_csv` that read it."""
        return {"sep": self.separator, "encoding": self.file.encoding, "skiprows": self.begin}


def _separator(start: str, whole: bool) -> str:
    found = []
    for sign in SEPARATORS:
        rows = _rows(start, sign)
        if rows and len(rows[0]) > 1:
            found.append((sign, rows if whole or len(rows) == _ROWS else rows[:-1]))
    alike = [sign for sign, rows in found if len(set(map(len, rows))) <= 1]
    return next(iter([*alike, *(sign for sign, _ in found), ","]))


def _rows(start: str, sign: str) -> list[list[str]]:
    """Return the first rows with cells; the last one may be cut."""
    limit = csv.field_size_limit(sys.maxsize)  # texts may be long
    try:
        rows = csv.reader(io.StringIO(start, newline=""), delimiter=sign)
        return list(itertools.islice((row for row in rows if any(row)), _ROWS))
    finally:
        csv.field_size_limit(limit)
