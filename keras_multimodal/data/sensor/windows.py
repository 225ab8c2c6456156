"""Where the windows of series lie, in steps."""

import math
from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np


def window_starts(
    lengths: Sequence[int], steps: int, hop_steps: int, partial: bool
) -> tuple[list[np.ndarray], int]:
    """Return the first step of each window, by series, and how many steps are in no window.

    Args:
        lengths: Steps of each series.
        steps: Length of a window.
        hop_steps: Steps from the start of a window to that of the next.
        partial: Whether a window may reach past the end.

    Example:

    >>> starts, uncovered = window_starts([10, 3], steps=4, hop_steps=4, partial=False)
    >>> [series.tolist() for series in starts], uncovered
    ([[0, 4], []], 5)
    """
    starts, uncovered = [], 0
    for length in lengths:
        firsts = np.arange(0, length if partial else length - steps + 1, hop_steps)
        starts.append(firsts)
        uncovered += length
        if len(firsts):
            # Each window adds what comes before the next one, the last one all that it has.
            last = min(steps, length - int(firsts[-1]))
            uncovered -= (len(firsts) - 1) * min(hop_steps, steps) + last
    return starts, uncovered


def whole_steps(
    steps: int | None,
    seconds: float | None,
    sample_rate: float | None,
    names: tuple[str, str],
) -> int | None:
    """Return a number of steps that is given as such or in seconds; `None` if it isn't given.

    Args:
        steps: The number.
        seconds: The same in seconds, in its place.
        sample_rate: Steps in a second, in Hz, if known.
        names: The arguments' names, for messages.
    """
    name, other = names
    if steps is not None and seconds is not None:
        raise ValueError(
            f"Only one of `{name}` and `{other}` may be given. "
            f"Received: {name}={steps}, {other}={seconds}"
        )
    if seconds is not None:
        if isinstance(seconds, bool) or not isinstance(seconds, Real):
            raise TypeError(f"`{other}` must be a number. Received: {other}={seconds!r}")
        if sample_rate is None:
            raise ValueError(
                f"`{other}` must go with a sample rate. Received: {other}={seconds} for series "
                f"without one. Give `SensorProcessor(sample_rate=...)`, or `{name}`."
            )
        if not math.isfinite(seconds) or round(seconds * sample_rate) < 1:
            raise ValueError(
                f"`{other}` must be at least one step, which is {1 / sample_rate:g} s. "
                f"Received: {other}={seconds}"
            )
        return round(seconds * sample_rate)
    if steps is None:
        return None
    if isinstance(steps, bool) or not isinstance(steps, Integral):
        raise TypeError(f"`{name}` must be a whole number of steps. Received: {name}={steps!r}")
    if steps < 1:
        raise ValueError(f"`{name}` must be at least 1. Received: {name}={steps}")
    return int(steps)
