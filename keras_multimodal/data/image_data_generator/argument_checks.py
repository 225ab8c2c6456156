"""Arguments of `ImageStream`, checked and brought into one form."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_multimodal.errors import ArgumentError
from keras_multimodal.types import Cell

# What `flow_from_dataframe` takes that a column alone has not.
_OF_FLOWS = ("y_col", "weight_col", "classes", "class_mode", "batch_size", "shuffle", "seed")


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


def check_column_options(options: Mapping[str, Any]) -> None:
    """Refuse what makes sense for the batches of a flow alone, and not for a column.

    Args:
        options: What `from_dataframe` received.
    """
    for name in options:
        if name in _OF_FLOWS or name.startswith("save_"):
            raise ArgumentError(
                name,
                f"must go with a flow. Received: {name}={options[name]!r}.",
                "Call `flow_from_dataframe`; or give labels and weights to `pair`, and the size "
                "and the order of batches to `records.batch`.",
            )
