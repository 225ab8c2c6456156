"""Columns of raw cells, as users have them: frames, series, lists, with gaps."""

import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.types import Cell, Tensor

_SHOWN = 60  # letters of a cell in a message
_PACKED = (
    ". Pictures and recordings go to files: `data.read_dataset` or `tables.Table.from_dataframe` "
    "writes those in cells to a folder"
)


def as_pandas(data: Any) -> Any:
    """Return what has a method `to_pandas`, as tables of pyarrow and polars do, as pandas' own."""
    if isinstance(data, (pd.DataFrame, pd.Series)):
        return data
    hand_over = getattr(data, "to_pandas", None)
    return hand_over() if callable(hand_over) else data


def check_rows(
    values: Any, argument: str, remedy: str = "Read a file first, as `data.read_table(path)` does."
) -> None:
    """Refuse a string or a path, whose letters are no rows, and a set, which has no order.

    Args:
        values: What is to have an entry for each row.
        argument: The argument that it came with, for the message.
        remedy: What to do.

    Raises:
        TypeError: If it is one of these.
    """
    if isinstance(values, (str, bytes, os.PathLike, set, frozenset)):
        raise TypeError(
            f"`{argument}` must be values by key, or a list in the order of the rows. "
            f"Received: {values!r}, a {type(values).__name__}. {remedy}"
        )


def row_values(values: Tensor, argument: str) -> list[Cell]:
    """Return a list, an array or a tensor as one value for each row.

    A column of an array, `(rows, 1)`, is one value for each row, as Keras' data sets have it.

    Args:
        values: The values.
        argument: The argument that they came with, for messages.

    Raises:
        TypeError: If it is a string or a path, whose letters are no rows, or has no order.
        ValueError: If it is an array of more than rows and columns.
    """
    check_rows(values, argument)
    if hasattr(values, "__array__"):
        array = np.asarray(values)
        if not 1 <= array.ndim <= 2:
            raise ValueError(
                f"`{argument}` must have a value for each row, `(rows,)`, or several, "
                f"`(rows, count)`. Received: shape {array.shape}"
            )
        if array.ndim == 2:
            return array[:, 0].tolist() if array.shape[1] == 1 else list(map(tuple, array.tolist()))
        return list(array)
    return list(values)


def frame_column(frame: pd.DataFrame, column: str, argument: str) -> pd.Series:
    """Return a column of a frame.

    Args:
        frame: The frame.
        column: The column's name.
        argument: The caller's argument that named it, for the message.

    Raises:
        ValueError: If it has no such column.
    """
    if column not in frame.columns:
        raise ValueError(
            f"`{argument}` must name a column of the frame, which has {list(frame.columns)}. "
            f"Received: {argument}={column!r}"
        )
    return frame[column]


def frame_keys(frame: pd.DataFrame, key: str | None) -> list[Hashable]:
    """Return the key of each row: the frame's index, or the column named `key`."""
    values = frame.index if key is None else frame_column(frame, key, "key")
    keys = values.tolist()
    for row, value in enumerate(keys):
        if is_missing(value):
            raise ValueError(
                f"`key` must have no empty cell. Received: {value!r} in row {row} of "
                f"{'the index' if key is None else f'column {key!r}'}"
            )
    return keys


def string_cells(values: Iterable[Any], keys: Sequence[Hashable], source: str) -> list[str]:
    """Return strings, with the empty string for a cell that is missing.

    Args:
        values: Strings or paths; some may be missing, as `schema.missing_cells.is_missing` says.
        keys: The rows' keys, for the message.
        source: Where the cells come from, for the message.

    Raises:
        TypeError: If a cell is something else.
    """
    cells = []
    for key, value in zip(keys, values, strict=True):
        if is_missing(value):
            cells.append("")
        elif isinstance(value, (str, os.PathLike)):
            cells.append(_encodable(os.fspath(value), key, source))
        else:
            shown = repr(value)
            shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
            packed = isinstance(value, (bytes, Mapping))
            raise TypeError(
                f"{source} must hold strings. "
                f"Received: {shown}, a {type(value).__name__}, in row {key!r}{packed * _PACKED}"
            )
    return cells


def _encodable(cell: str, key: Hashable, source: str) -> str:
    try:
        cell.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{source} must hold text that UTF-8 can write. "
            f"Received: {cell!r} in row {key!r} ({error.reason})"
        ) from None
    return cell


def values_by_key(
    keys: Iterable[Hashable], values: Iterable[Any], argument: str
) -> dict[Hashable, Any]:
    """Return the value of each key; a key may repeat, but not with another value.

    Args:
        keys: The keys.
        values: Their values.
        argument: The caller's argument that holds them, for the message.
    """
    found: dict[Hashable, Any] = {}
    for key, value in zip(keys, values, strict=True):
        if key in found:
            first = found[key]
            if not _same(first, value):
                raise ValueError(
                    f"`{argument}` must have one value for each key. "
                    f"Received: {first!r} and {value!r} for {key!r}"
                )
        found[key] = value
    return found


def _same(first: Cell, second: Cell) -> bool:
    """Return whether two cells hold the same, be they lists or arrays, or nothing."""
    if isinstance(first, np.ndarray) or isinstance(second, np.ndarray):
        return np.array_equal(first, second)
    return bool(first == second) or (is_missing(first) and is_missing(second))


def rows_of_keys(keys: Sequence[Hashable], of: Sequence[Hashable]) -> np.ndarray:
    """Return the rows of keys, in their order.

    Args:
        keys: Keys.
        of: The keys of all rows.

    Raises:
        ValueError: If a key is not among them.
    """
    rows = {key: row for row, key in enumerate(of)}
    unknown = [key for key in keys if key not in rows]
    if unknown:
        raise ValueError(
            "`keys` must be keys of these records. "
            f"Received: {len(unknown)} that are not: {name_keys(unknown)}"
        )
    return np.array([rows[key] for key in keys], int)


def name_keys(keys: Sequence[Hashable], limit: int = 5) -> str:
    """Return a few keys by name and how many more there are, for messages."""
    named = ", ".join(repr(key) for key in keys[:limit])
    return named if len(keys) <= limit else f"{named} and {len(keys) - limit} more"
