"""Measurements as columns and files have them, checked as they are read."""

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from keras_multimodal.data.column.precision import LARGEST, fits_float32
from keras_multimodal.types import Tensor


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
            f"{wrong.index.tolist()[0]!r}"
        ) from None
    infinite = np.flatnonzero(np.abs(found) > LARGEST)
    if len(infinite):
        row = column.index.tolist()[infinite[0]]
        raise ValueError(
            f"column {column.name!r} must hold finite numbers of float32, or nothing where there "
            f"is none. Received: {found[infinite[0]]} in row {row!r}, "
            f"{len(infinite)} in all"
        )
    return found


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
    infinite = np.argwhere(np.abs(values) > LARGEST)
    if len(infinite):
        step, channel = infinite[0].tolist()
        raise ValueError(
            f"{source} must hold finite numbers of float32, or NaN where there is none. "
            f"Received: {values[step, channel]} at step {step} of channel "
            f"{str(channel) if channels is None else channels[channel]!r} in row {key!r}"
        )


def joined(series: Sequence[np.ndarray], channels: int) -> np.ndarray:
    """Return series one after another, as float32 unless that would lose digits.

    Args:
        series: `(time, channels)` of each row.
        channels: How many channels they have.
    """
    values = np.concatenate([np.empty((0, channels), "float32"), *series])
    if values.dtype == np.float32:
        return values
    values = values.astype("float64")
    return values.astype("float32") if fits_float32(values) else values
