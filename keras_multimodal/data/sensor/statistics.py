"""What series teach of their channels, and which of their values are far off."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from keras_multimodal.data.column.precision import loses_digits, rounding, without_noise
from keras_multimodal.data.column.status import FAR, HUGE
from keras_multimodal.schema import Sensor

_PART = 2**16  # steps that are looked at in float64 at a time


def learn_statistics(spec: Sensor, values: np.ndarray, rows: np.ndarray) -> Sensor:
    """Return the description with the channels' means and standard deviations.

    Args:
        spec: The description.
        values: `(steps, channels)`, NaN at gaps.
        rows: How many rows have each step, `(steps,)`.

    Raises:
        ValueError: If a channel has no value.
    """
    count, total, squares, moved = np.zeros((4, len(spec.channels)))
    least, most = np.full((2, len(spec.channels)), np.nan)
    # Of what is above one of them, sums have digits left.
    first = np.array([channel[np.isfinite(channel)][:1].sum() for channel in values.T], "float64")
    for part, weights in _parts(values, rows):
        count += weights @ np.isfinite(part)
        total += weights @ np.nan_to_num(part - first)
        used = part[weights > 0]
        least = np.fmin(least, np.fmin.reduce(used, 0, initial=np.nan))
        most = np.fmax(most, np.fmax.reduce(used, 0, initial=np.nan))
        moved = np.maximum(moved, rounding(used))
    empty = [name for name, n in zip(spec.channels, count, strict=True) if not n]
    if empty:
        raise ValueError(
            f"Sensor {spec.name!r} must have a value of each channel in the training "
            f"rows. Received: none of {empty}. Leave them out of `channels`."
        )
    mean = first + total / count
    for part, weights in _parts(values, rows):
        squares += weights @ np.nan_to_num((part - mean) ** 2)
    mean, std = without_noise(mean, np.sqrt(squares / count), least, most)
    return dataclasses.replace(
        spec,
        mean=tuple(mean.tolist()),
        std=tuple(std.tolist()),
        float64=bool(loses_digits(moved, mean, std).any()),
    )


def far_steps(spec: Sensor, values: np.ndarray) -> np.ndarray:
    """Return which steps have a value that the exported model calls huge, `(steps,)` bool.

    Args:
        spec: The description, with what has been learned.
        values: `(steps, channels)`, NaN at gaps.
    """
    mean, std, far = (spec.mean, spec.std, FAR) if spec.standardize else (0.0, 1.0, HUGE)
    found = np.zeros(len(values), bool)
    for start in range(0, len(values), _PART):
        part = values[start : start + _PART].astype("float64")
        found[start : start + _PART] = (np.abs((part - mean) / std) >= far).any(1)
    return found


def _parts(values: np.ndarray, rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the steps in float64, and how many rows have each, some at a time."""
    for start in range(0, len(values), _PART):
        part = slice(start, start + _PART)
        yield values[part].astype("float64"), rows[part].astype("float64")
