"""The length of vectors, also of those that are zero."""

from keras import ops

from keras_multimodal.types import Tensor


def norm(x: Tensor) -> Tensor:
    """Return the length of each vector of the last axis, `(..., 1)`.

    The gradient of a vector of zeros is zero; the square root's own would be NaN there.
    """
    square = ops.sum(ops.square(x), axis=-1, keepdims=True)
    positive = square > 0
    root = ops.sqrt(ops.where(positive, square, ops.ones_like(square)))
    return ops.where(positive, root, ops.zeros_like(root))
