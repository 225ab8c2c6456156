"""Tables from files, with errors that say where."""

import csv
import itertools
import json
import os
import pathlib
import sys
import warnings
from collections.abc import Sequence
from typing import Any

import pandas as pd

from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.data.column.delimited_text import DelimitedText
from keras_multimodal.data.column.text_file import SPOILED, TextFile, plain_suffix
from keras_multimodal.errors import ArgumentError, MissingFileError

_NAMED = 30  # columns in a message
READERS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".jsonl": "json",
    ".ndjson": "json",
}


def read_table(
    path: str | os.PathLike[str],
    key: str | None = None,
    *,
    as_text: bool | Sequence[str] = False,
    encoding: str | None = None,
    sep: str | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Read a CSV, Parquet or JSON lines file as the frame that columns are made of.

    Cells of a CSV stand between commas, or what the names there stand between: semicolons, tabs or
    vertical bars; a first line such as `sep=;` says so too. A text file that is not UTF-8 is
    told by its bytes to be UTF-16, GB18030, Windows-1252 or the like, and a warning says which.
    In a CSV only an empty cell is missing: "NA" and "null" are words. Keys stay text there, so that
    "007" is not 7. Every row must have as many cells as there are names of columns: pandas would
    fill a short one up, and take the first column for an index where the first row is too long.
    With `options`, which may say otherwise, short rows are left to pandas.

    Args:
        path: The file: `.csv`, `.tsv`, `.parquet`, `.jsonl` or `.ndjson`; the text files may be
            compressed, as in `.csv.gz`.
        key: Column of keys, which becomes the index; or the index of a Parquet file, by its name,
            or as `"index"` where it has none.
        as_text: Whether the cells of a CSV stay as they are written, so that "01" is not 1 and
            none depends on the others of its column; or the columns of which that holds. Cells of
            files that keep types have that of each cell then: a gap does not make whole numbers
            fractions. Default False: what pandas makes of each column.
        encoding: The encoding of a text file, such as `"gb18030"`. Default `None`: as its bytes
            show.
        sep: What stands between the cells of a CSV. Default `None`: as its names show.
        **options: Others of `pandas.read_csv`, `read_parquet` or `read_json`.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If a Parquet file is read without pyarrow, the extra `parquet`.
        ValueError: If the file cannot be read, is in another encoding or in one that cannot be
            told, has rows of different lengths, none, or no column `key`, or if its name has
            another ending. The message names the file, and the line where it is known.

    Example:

    >>> import pathlib
    >>> _ = pathlib.Path("pets.csv").write_text("id,name\\n007,Rex\\n008,NA\\n")
    >>> read_table("pets.csv", key="id")["name"].to_dict()
    {'007': 'Rex', '008': 'NA'}
    """
    frame, text = load_table(path, key, as_text, encoding, sep, options)
    if text is not None and text.guessed:
        warnings.warn(f"{text.note}.", stacklevel=2)
    return frame


def load_table(
    path: str | os.PathLike[str],
    key: str | None,
    as_text: bool | Sequence[str],
    encoding: str | None = None,
    sep: str | None = None,
    options: dict[str, Any] | None = None,
) -> tuple[pd.DataFrame, TextFile | None]:
    """Return what `read_table` does, and the text file with its encoding if it is one.

    Args:
        path: The file.
        key: Column of keys, which becomes the index.
        as_text: Whether cells stay as they are written.
        encoding: The encoding of a text file.
        sep: What stands between the cells of a CSV.
        options: Others of pandas.
    """
    options = dict(options or {})
    file = pathlib.Path(path)
    kind = _kind(file)
    if kind is None:
        raise ArgumentError(
            "path", f"must end in one of {list(READERS)}. Received: {os.fspath(path)!r}"
        )
    if not file.is_file():
        raise MissingFileError(
            "path", f"must be a file. Received: {os.fspath(path)!r}, which is none"
        )
    sep = "\t" if sep == "\\t" else sep  # as it is written on a command line
    if sep is not None and (kind != "csv" or len(sep) != 1):
        raise ArgumentError(
            "sep",
            f"must be one sign, of a .csv or .tsv. Received: {sep!r} of {os.fspath(path)!r}",
            "Others that pandas knows are its `delimiter`.",
        )
    text, layout = None, None
    try:
        if kind == "csv":
            layout = DelimitedText.find(file, encoding, sep)
            text = layout.file
            frame = _csv(layout, key, as_text, options)
        elif kind == "json":
            text = TextFile.find(file, encoding)
            frame = _json(text, as_text, options)
        else:
            frame = _parquet(file, key, as_text, options)
    except ArgumentError:
        raise
    except UnicodeDecodeError as error:
        raise ArgumentError(
            "encoding",
            f"must be that of {os.fspath(path)!r}, which is no {error.encoding} ({error.reason}). "
            f"Received: {encoding!r}",
        ) from error
    except (ValueError, *SPOILED) as error:  # pandas' parser errors among them
        advice = ""
        if isinstance(error, pd.errors.ParserError):
            advice = ". A cell that has a comma or a line's end in it stands in double quotes"
        raise ValueError(
            f"{os.fspath(path)!r} cannot be read: {' '.join(str(error).split())}{advice}"
        ) from error
    if frame.empty:
        raise ValueError(f"{os.fspath(path)!r} must have at least one row. Received: none")
    if layout is not None:
        _check_lengths(layout, frame, options)
    if key is None:
        return frame, text
    if key not in frame.columns:
        raise ArgumentError(
            "key",
            f"must name a column of {os.fspath(path)!r}, which has "
            f"{name_keys(list(frame.columns), _NAMED)}. Received: key={key!r}",
        )
    return frame.set_index(key), text


def is_untyped(path: str | os.PathLike[str]) -> bool:
    """Return whether a file has text alone, so that nobody has said which of it are numbers.

    Args:
        path: The file.
    """
    return _kind(path) == "csv"


def _kind(path: str | os.PathLike[str]) -> str | None:
    """Return what reads a file: of Parquet, which has a compression of its own, none as gzip."""
    suffix = plain_suffix(path)
    compressed = suffix != pathlib.Path(path).suffix.lower()
    return None if compressed and suffix == ".parquet" else READERS.get(suffix)


def _parquet(
    path: pathlib.Path, key: str | None, as_text: bool | Sequence[str], options: dict[str, Any]
) -> pd.DataFrame:
    if as_text is not True or options:
        frame = pd.read_parquet(path, **options)
    else:
        frame = pd.read_parquet(path, dtype_backend="numpy_nullable")
        gaps = [name for name in frame.columns if frame[name].hasnans]
        frame = frame.astype(dict.fromkeys(gaps, object))
    if key is None or key in frame.columns or isinstance(frame.index, pd.RangeIndex):
        return frame
    if frame.index.names == [None]:
        frame.index.name = "index"
    return frame.reset_index(key) if key in frame.index.names else frame


def _json(file: TextFile, as_text: bool | Sequence[str], options: dict[str, Any]) -> pd.DataFrame:
    if as_text is True and not options:
        return _json_lines(file)
    plain = {"lines": True, "dtype": False, "encoding": file.encoding}
    return pd.read_json(file.path, **{**plain, **options})


def _csv(
    layout: DelimitedText,
    key: str | None,
    as_text: bool | Sequence[str],
    options: dict[str, Any],
) -> pd.DataFrame:
    text: dict[str, Any] = layout.options
    if "delimiter" in options:
        del text["sep"]
    if as_text is True:
        text["dtype"] = str
    elif key is not None or as_text:
        text["dtype"] = dict.fromkeys([*([] if key is None else [key]), *(as_text or ())], str)
    plain = {"keep_default_na": False, "na_values": [""]}
    return pd.read_csv(layout.file.path, **{**text, **plain, **options})


def _json_lines(file: TextFile) -> pd.DataFrame:
    """Return the cells of JSON lines, each of the type that it has there."""
    rows = []
    with file.open() as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"line {number} holds no JSON ({error.msg})") from error
            if not isinstance(row, dict):
                raise ValueError(f"line {number} must hold cells by name. Received: {row!r:.40}")
            rows.append(row)
    return pd.DataFrame(rows, dtype=object)


def _check_lengths(layout: DelimitedText, frame: pd.DataFrame, options: dict[str, Any]) -> None:
    """Refuse rows that pandas has moved to the left, or filled up."""
    columns, path = len(frame.columns), layout.file.path
    if options:  # which may change how a row is cut
        counted = frame.index.equals(pd.RangeIndex(len(frame)))
        if not counted and "index_col" not in options:
            raise ValueError(
                f"{os.fspath(path)!r} must have a name for each column. Received: {columns} names "
                "and rows of more cells. Name all columns, or give the option `index_col`."
            )
        return
    # Pandas finds rows longer than the first one. Short ones are filled up, and end in a missing
    # cell; most files have none, and only their first row is looked at.
    filled = bool(frame.iloc[:, -1].isna().any())
    limit = csv.field_size_limit(sys.maxsize)  # texts may be long
    try:
        with layout.file.open() as lines:
            rows = csv.reader(lines, delimiter=layout.separator)
            not_blank = (row for row in rows if len(row) > 1 or "".join(row).strip())
            for number, row in enumerate(itertools.islice(not_blank, layout.begin, None)):
                if len(row) != columns:
                    raise ValueError(
                        f"{os.fspath(path)!r} must have {columns} cells in each row, as many as "
                        f"there are names. Received: {len(row)} in line {rows.line_num}. Correct "
                        "it; a missing cell is an empty one."
                    )
                if number and not filled:  # row 0 holds the names
                    return
    finally:
        csv.field_size_limit(limit)
