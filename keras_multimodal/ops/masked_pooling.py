"""One vector for each row, from its tokens."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_multimodal.ops.zero_masked import zero_masked


def masked_mean(x: Any, mask: Any = None) -> Any:
    """Mean of each row's tokens that are there.

    Args:
        x: Tokens `(batch, length, dim)` of a float dtype.
        mask: Boolean `(batch, length)`, True where a token is real, or `None` where all are.

    Returns:
        Vectors `(batch, dim)` in the dtype of `x`, summed in float32 at least; zeros in a row
        without a token.

    Example:

    >>> x = keras.ops.convert_to_tensor([[[1.0], [3.0], [8.0]]])
    >>> mask = keras.ops.convert_to_tensor([[True, True, False]])
    >>> keras.ops.convert_to_numpy(masked_mean(x, mask))
    array([[2.]], dtype=float32)
    """
    dtype = keras.backend.standardize_dtype(x.dtype)
    x = ops.cast(x, keras.backend.result_type(dtype, "float32"))
    if mask is None:
        return ops.cast(ops.mean(x, axis=1), dtype)
    total = ops.sum(zero_masked(x, mask), axis=1)  # (batch, dim)
    count = ops.sum(ops.cast(mask, x.dtype), axis=1, keepdims=True)  # (batch, 1)
    return ops.cast(total / ops.maximum(count, 1.0), dtype)


def masked_max(x: Any, mask: Any = None) -> Any:
    """Greatest value of each feature over a row's tokens that are there.

    Args:
        x: Tokens `(batch, length, dim)` of a float dtype.
        mask: Boolean `(batch, length)`, True where a token is real, or `None` where all are.

    Returns:
        Vectors `(batch, dim)` in the dtype of `x`; zeros in a row without a token.

    Example:

    >>> x = keras.ops.convert_to_tensor([[[-1.0], [-3.0], [8.0]]])
    >>> mask = keras.ops.convert_to_tensor([[True, True, False]])
    >>> keras.ops.convert_to_numpy(masked_max(x, mask))
    array([[-1.]], dtype=float32)
    """
    if mask is None:
        return ops.max(x, axis=1)
    dtype = keras.backend.standardize_dtype(x.dtype)
    x = ops.cast(x, keras.backend.result_type(dtype, "float32"))  # NumPy knows no bfloat16
    lowest = float(np.finfo(keras.backend.standardize_dtype(x.dtype)).min)
    greatest = ops.max(ops.where(ops.expand_dims(mask, -1), x, lowest), axis=1)  # (batch, dim)
    return ops.cast(zero_masked(greatest, ops.any(mask, axis=1)), dtype)
