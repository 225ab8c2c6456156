"""Arguments of `ImageStream`, checked and brought into one form."""

from collections.abc import Sequence

import numpy as np

from keras_multimodal.types import Cell


def number_pair(argument: str, value: Cell) -> tuple[float, float]:
    """Return two floats; raise an error that names `argument` if they are none."""
    if (
        not isinstance(value, (tuple, list, np.ndarray))
        or len(value) != 2
        or not all(isinstance(item, (int, float, np.number)) for item in value)
    ):
        raise ValueError(
            f"`{argument}` must be a tuple or list of two floats. Received: {argument}={value!r}"
        )
    return float(value[0]), float(value[1])


def as_shifts(value: float | Sequence[float]) -> float | tuple[float, ...]:
    """Return a range of shifts: a number of Python's own, or all the shifts to choose from."""
    if isinstance(value, np.number):
        value = value.item()
    return value if isinstance(value, (int, float)) else tuple(value)
