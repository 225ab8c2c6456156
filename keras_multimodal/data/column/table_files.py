"""Tables from files, with errors that say where."""

import csv
import json
import os
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

import pandas as pd

from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.data.column.delimited_text import separator
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
    **options: Any,
) -> pd.DataFrame:
    """Read a CSV, Parquet or JSON lines file as the frame that columns are made of.

    Cells of a CSV stand between commas, or, where the line of names has none, between semicolons or
    tabs.
    In a CSV only an empty cell is missing: "NA" and "null" are words. Keys stay text there, so that
    "007" is not 7. Every row must have as many cells as there are names of columns: pandas would
    fill a short one up, and take the first column for an index where the first row is too long.
    With `options`, which may say otherwise, short rows are left to pandas.

    Args:
        path: The file: `.csv`, `.tsv`, `.parquet`, `.jsonl` or `.ndjson`.
        key: Column of keys, which becomes the index.
        as_text: Whether the cells of a CSV stay as they are written, so that "01" is not 1 and
            none depends on the others of its column; or the columns of which that holds. Cells of
            files that keep types have that of each cell then: a gap does not make whole numbers
            fractions. Default False: what pandas makes of each column.
        **options: Others of `pandas.read_csv`, `read_parquet` or `read_json`.

    Raises:
        FileNotFoundError: If there is no such file.
        ImportError: If a Parquet file is read without pyarrow, the extra `parquet`.
        ValueError: If the file cannot be read, has rows of different lengths, none, or no column
            `key`, or if its name has another ending. The message names the file, and the line
            where it is known.

    Example:

    >>> import pathlib
    >>> _ = pathlib.Path("pets.csv").write_text("id,name\\n007,Rex\\n008,NA\\n")
    >>> read_table("pets.csv", key="id")["name"].to_dict()
    {'007': 'Rex', '008': 'NA'}
    """
    file = pathlib.Path(path)
    kind = READERS.get(file.suffix.lower())
    if kind is None:
        raise ArgumentError(
            "path", f"must end in one of {list(READERS)}. Received: {os.fspath(path)!r}"
        )
    if not file.is_file():
        raise MissingFileError(
            "path", f"must be a file. Received: {os.fspath(path)!r}, which is none"
        )
    try:
        frame = _read(file, kind, key, as_text, options)
    except ValueError as error:  # pandas' parser errors, and bytes that are no UTF-8
        advice = ""
        if isinstance(error, UnicodeDecodeError):
            advice = ". Save it as UTF-8, or give read_table its `encoding`"
        elif isinstance(error, pd.errors.ParserError):
            advice = ". A cell that has a comma or a line's end in it stands in double quotes"
        raise ValueError(
            f"{os.fspath(path)!r} cannot be read: {' '.join(str(error).split())}{advice}"
        ) from error
    if frame.empty:
        raise ValueError(f"{os.fspath(path)!r} must have at least one row. Received: none")
    if kind == "csv":
        _check_lengths(file, frame, options)
    if key is None:
        return frame
    if key not in frame.columns:
        raise ArgumentError(
            "key",
            f"must name a column of {os.fspath(path)!r}, which has "
            f"{name_keys(list(frame.columns), _NAMED)}. Received: key={key!r}",
        )
    return frame.set_index(key)


def is_untyped(path: str | os.PathLike[str]) -> bool:
    """Return whether a file has text alone, so that nobody has said which of it are numbers.

    Args:
        path: The file.
    """
    return READERS.get(pathlib.Path(path).suffix.lower()) == "csv"


def _read(
    path: pathlib.Path,
    kind: str,
    key: str | None,
    as_text: bool | Sequence[str],
    options: dict[str, Any],
) -> pd.DataFrame:
    if kind == "parquet":
        if as_text is not True or options:
            return pd.read_parquet(path, **options)
        frame = pd.read_parquet(path, dtype_backend="numpy_nullable")
        gaps = [name for name in frame.columns if frame[name].hasnans]
        return frame.astype(dict.fromkeys(gaps, object))
    if kind == "json":
        if as_text is True and not options:
            return _json_lines(path)
        return pd.read_json(path, **{"lines": True, "dtype": False, **options})
    text: dict[str, Any] = {}
    if as_text is True:
        text["dtype"] = str
    elif key is not None or as_text:
        text["dtype"] = dict.fromkeys([*([] if key is None else [key]), *(as_text or ())], str)
    plain = {"keep_default_na": False, "na_values": [""]}
    if not {"sep", "delimiter"} & set(options):
        text["sep"] = separator(path)
    return pd.read_csv(path, **{**text, **plain, **options})


def _json_lines(path: pathlib.Path) -> pd.DataFrame:
    """Return the cells of JSON lines, each of the type that it has there."""
    rows = []
    with path.open(encoding="utf-8-sig") as lines:
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


def _check_lengths(path: pathlib.Path, frame: pd.DataFrame, options: dict[str, Any]) -> None:
    """Refuse rows that pandas has moved to the left, or filled up."""
    columns = len(frame.columns)
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
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.reader(lines, delimiter=separator(path))
            not_blank = (row for row in rows if len(row) > 1 or "".join(row).strip())
            for number, row in enumerate(not_blank):
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
