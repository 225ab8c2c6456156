"""Irregularly timed measurements brought onto a regular grid."""

from collections.abc import Hashable
from typing import Literal

import numpy as np

_HAIR = 1e-6  # seconds; what rounding does to times of microseconds is less
_MOST_STEPS = 10**8  # one time that is far off would fill the memory


def regular_grid(
    times: np.ndarray,
    values: np.ndarray,
    sample_rate: float,
    max_gap: float,
    interpolation: Literal["linear", "nearest"] = "linear",
) -> np.ndarray:
    """Return the measurements at `start, start + 1 / sample_rate, ...`, up to the last one's time.

    Each channel is taken on its own, from its own values that are there.

    Args:
        times: `(time,)` seconds, in any order, none twice.
        values: `(time, channels)`, NaN where there is none.
        sample_rate: Steps of the grid in a second, in Hz.
        max_gap: A place of the grid between two values that are further apart than this many
            seconds has none.
        interpolation: Between two values `"linear"` draws a line, `"nearest"` takes the nearer.

    Returns:
        `(steps, channels)` float64, NaN where there is none.

    Example:

    >>> times, values = np.array([0.0, 1.0, 4.0]), np.array([[0.0], [2.0], [8.0]])
    >>> regular_grid(times, values, sample_rate=2, max_gap=1.0)[:, 0]
    array([ 0.,  1.,  2., nan, nan, nan, nan, nan,  8.])
    """
    order = np.argsort(times, kind="stable")
    times, values = np.asarray(times, "float64")[order], np.asarray(values, "float64")[order]
    # From zero on: seconds since 1970 leave too few digits to tell neighbours from each other.
    times = times - times[0]
    # A hair is added: the last measurement's own place mustn't be lost to rounding.
    steps = int(np.floor((times[-1] - times[0]) * sample_rate + 1e-6)) + 1
    grid = np.arange(steps) / sample_rate
    result = np.full((steps, values.shape[1]), np.nan)
    for channel in range(values.shape[1]):
        there = np.isfinite(values[:, channel])
        at, levels = times[there], values[there, channel]
        if not len(at):
            continue
        after = np.clip(np.searchsorted(at, grid - _HAIR), 0, len(at) - 1)
        before = np.clip(np.searchsorted(at, grid + _HAIR, side="right") - 1, 0, len(at) - 1)
        if interpolation == "linear":
            found = np.interp(grid, at, levels)
        else:
            nearer = np.where(grid - at[before] <= at[after] - grid, before, after)
            found = levels[nearer]
        close = at[after] - at[before] <= max_gap + _HAIR
        inside = (grid >= at[0] - _HAIR) & (grid <= at[-1] + _HAIR)
        result[close & inside, channel] = found[close & inside]
    return result


def check_span(times: np.ndarray, sample_rate: float, key: Hashable, source: str) -> None:
    """Refuse times of which a grid would be too long.

    Args:
        times: `(time,)` seconds.
        sample_rate: Steps of the grid in a second, in Hz.
        key: The row's key, for the message.
        source: Where the times come from, for the message.
    """
    steps = np.ptp(times) * sample_rate
    if steps > _MOST_STEPS:
        raise ValueError(
            f"{source} must have times that are not too far apart. Received: from {times.min()} to "
            f"{times.max()} s, which is {steps:.0f} steps of `sample_rate`, in row {key!r}. "
            "Correct them, or give a lower rate."
        )
