"""Softmax, also over a single place."""

from typing import Any

from keras import ops


def softmax(x: Any, axis: int = -1) -> Any:
    """`keras.ops.softmax`, without its warning where there is one place, which then has it all.

    A single place is no mistake here: a row may have one modality, or a context of one token.
    """
    return ops.exp(x - x) if x.shape[axis] == 1 else ops.softmax(x, axis=axis)
