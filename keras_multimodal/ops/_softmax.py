"""Softmax, also over a single place."""

from keras import ops

from keras_multimodal.types import Tensor


def softmax(x: Tensor, axis: int = -1) -> Tensor:
    """Return `keras.ops.softmax`, without its warning where a single place has it all.

    A single place is no mistake here: a row may have one modality, or a context of one token.
    """
    return ops.exp(x - x) if x.shape[axis] == 1 else ops.softmax(x, axis=axis)
