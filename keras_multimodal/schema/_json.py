"""JSON has lists only; the descriptions hold tuples so that they stay hashable."""

from typing import Any

from keras_multimodal.types import Cell


def tuples(value: Cell) -> Any:
    """Return `value` with tuples in place of its lists, at every depth."""
    return tuple(tuples(item) for item in value) if isinstance(value, list) else value
