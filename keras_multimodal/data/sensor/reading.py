"""Measurements, times and labels as columns and files have them, checked as they are read."""

import os
import warnings
import zlib
from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.data.column.delimited_text import separator
from keras_multimodal.data.column.files import file_problem
from keras_multimodal.types import Tensor

_LARGEST = np.finfo("float32").max
# What pandas and the decompressors beneath it raise on files that aren't what their names say.
_SPOILED = (OSError, ValueError, EOFError, zlib.error, pd.errors.ParserWarning)


def numbers(column: pd.Series) -> np.ndarray:
    """Return a column as float64, NaN where a cell is empty.

    Raises:
        ValueError: If a cell is no number, or infinite in float32; the message names the row.
    """
    try:
        found = column.to_numpy("float64", na_value=np.nan)
    except (ValueError, TypeError):
        parsed = pd.to_numeric(column, errors="coerce")
        wrong = column[parsed.isna() & column.notna()]
        raise ValueError(
            f"column {column.name!r} must hold numbers. Received: {wrong.iloc[0]!r} in row "
            f"{wrong.index[0]!r}"
        ) from None
    infinite = np.flatnonzero(np.abs(found) > _LARGEST)
    if len(infinite):
        raise ValueError(
            f"column {column.name!r} must hold finite numbers of float32, or nothing where there "
            f"is none. Received: {found[infinite[0]]} in row {column.index[infinite[0]]!r}, "
            f"{len(infinite)} in all"
        )
    return found


def seconds(column: pd.Series) -> np.ndarray:
    """Return times in seconds; timestamps count from the first of them."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return (column - column.min()).dt.total_seconds().to_numpy("float64")
    return numbers(column)


def check_times(times: np.ndarray, count: int, key: Hashable, source: str) -> None:
    """Refuse times that are missing, infinite or repeated."""
    if times.shape != (count,):
        raise ValueError(
            f"{source} must have a time for each step. "
            f"Received: {times.shape} times for the {count} steps of row {key!r}"
        )
    wrong = times[~np.isfinite(times)]
    if len(wrong):
        raise ValueError(
            f"{source} must have a time for each step. Received: {wrong[0]} in row {key!r}"
        )
    unique, counts = np.unique(times, return_counts=True)
    if (counts > 1).any():
        repeated = unique[counts > 1].tolist()
        raise ValueError(
            f"{source} must have each time once. "
            f"Received: {name_keys(repeated)} s more than once in row {key!r}"
        )


def as_numbers(values: Tensor, key: Hashable, source: str) -> np.ndarray:
    """Return an array of numbers; NaN for `None`.

    Args:
        values: An array, or lists of numbers.
        key: The row's key, for the message.
        source: Where the values come from, for the message.
    """
    try:
        array = np.asarray(values)
        return array if array.dtype.kind in "fiub" else array.astype("float64")
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{source} must hold numbers, as many in each step. Received: {error} in row {key!r}"
        ) from error


def check_finite(
    values: np.ndarray, channels: Sequence[str] | None, key: Hashable, source: str
) -> None:
    """Refuse values that are infinite, or would be in float32.

    Args:
        values: `(time, channels)`, NaN where there is none.
        channels: The channels' names, for the message; their numbers by default.
        key: The row's key, for the message.
        source: Where the values come from, for the message.
    """
    infinite = np.argwhere(np.abs(values) > _LARGEST)
    if len(infinite):
        step, channel = infinite[0].tolist()
        raise ValueError(
            f"{source} must hold finite numbers of float32, or NaN where there is none. "
            f"Received: {values[step, channel]} at step {step} of channel "
            f"{str(channel) if channels is None else channels[channel]!r} in row {key!r}"
        )


def read_series(
    path: str, channels: Sequence[str] | None, time: str | None, label: str | None
) -> tuple[list[str], np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Return the series in a CSV, TSV or Parquet file: its channels, values, times and labels.

    Args:
        path: The file.
        channels: The columns of measurements; all the others by default.
        time: The column of times, if there is one.
        label: The column of labels, if there is one.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If it cannot be read, lacks a column or holds what is no finite number.
    """
    frame = _read(path)
    others = [name for name in (time, label) if name is not None]
    names = [str(name) for name in frame.columns if name not in others]
    if channels is not None:
        names = list(channels)
    missing = sorted({*names, *others} - set(frame.columns))
    if missing or not names:
        raise ValueError(
            f"it must have {f'the columns {missing}' if missing else 'columns of channels'}. "
            f"Received: {list(frame.columns)}"
        )
    values = np.stack([numbers(frame[name]) for name in names], 1)
    return (
        names,
        values,
        None if time is None else seconds(frame[time]),
        None if label is None else frame[label].to_numpy(object),
    )


def _read(path: str) -> pd.DataFrame:
    problem = file_problem(path)
    if problem:
        raise ValueError(f"it {problem}")
    try:
        if os.path.splitext(path)[1].lower() == ".parquet":
            return pd.read_parquet(path)
        # A row longer than the header would else have its first field taken for a label.
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(path, index_col=False, sep=separator(path))
    except FileNotFoundError:
        raise
    except _SPOILED as error:
        raise ValueError(str(error)) from error
