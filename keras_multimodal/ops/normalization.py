"""Vectors of length one."""

import keras
from keras import ops

from keras_multimodal.types import Tensor


def l2_normalize(x: Tensor, epsilon: float = 1e-6) -> Tensor:
    """Scale each vector of the last axis to length one.

    `y = x / max(|x|, epsilon)`.

    Args:
        x: Tensor `(..., dim)` of a float dtype.
        epsilon: The shortest length that is divided by, above 0. Default 1e-6.

    Returns:
        A tensor of the shape and dtype of `x`, computed in float32 at least. A vector of zeros
        stays zeros and its gradient is finite, which `keras.ops.normalize` doesn't promise.

    Example:

    >>> keras.ops.convert_to_numpy(l2_normalize(keras.ops.convert_to_tensor([[3.0, 4.0]])))
    array([[0.6, 0.8]], dtype=float32)
    """
    dtype = keras.backend.standardize_dtype(x.dtype)
    x = ops.cast(x, keras.backend.result_type(dtype, "float32"))
    square = ops.sum(ops.square(x), axis=-1, keepdims=True)
    return ops.cast(x * ops.rsqrt(ops.maximum(square, epsilon**2)), dtype)
