"""One vector for each row, from its tokens."""

import keras
import numpy as np
from keras import ops

from keras_multimodal.ops.masking import zero_masked
from keras_multimodal.types import Mask, Tensor


def masked_mean(x: Tensor, mask: Mask = None) -> Tensor:
    """Return the mean of each row's tokens that are there.

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


def masked_max(x: Tensor, mask: Mask = None) -> Tensor:
    """Return the greatest value of each feature over a row's tokens that are there.

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
    x = ops.where(ops.expand_dims(mask, -1), x, lowest)
    greatest = ops.max(x, axis=1, initial=lowest)  # (batch, dim); there may be no token at all
    return ops.cast(zero_masked(greatest, ops.any(mask, axis=1)), dtype)


def masked_generalized_mean(
    x: Tensor, exponent: Tensor, mask: Mask = None, epsilon: float = 1e-6
) -> Tensor:
    """Return the generalized mean of each row's tokens that are there.

    `y = (mean_k max(x_k, epsilon)^exponent)^(1 / exponent)`

    Args:
        x: Tokens `(batch, length, dim)` of a float dtype, not negative, as behind a ReLU.
        exponent: A number or a scalar tensor, not 0. At 1 this is the mean; as it grows, the
            result goes to the greatest value.
        mask: Boolean `(batch, length)`, True where a token is real, or `None` where all are.
        epsilon: What smaller values count as, above 0. Default 1e-6.

    Returns:
        Vectors `(batch, dim)` in the dtype of `x`, computed in float32 at least; zeros in a row
        without a token.

    Example:

    >>> x = keras.ops.convert_to_tensor([[[1.0], [7.0], [9.0]]])
    >>> mask = keras.ops.convert_to_tensor([[True, True, False]])
    >>> keras.ops.convert_to_numpy(masked_generalized_mean(x, 2.0, mask)).round(3)
    array([[5.]], dtype=float32)
    """
    dtype = keras.backend.standardize_dtype(x.dtype)
    wide = keras.backend.result_type(dtype, "float32")
    exponent = ops.cast(exponent, wide)
    x = ops.maximum(zero_masked(ops.cast(x, wide), mask), epsilon)
    # As logarithms, relative to the greatest: powers of large numbers overflow.
    logs = exponent * ops.log(x)
    greatest = ops.stop_gradient(masked_max(logs, mask))  # (batch, dim)
    mean = masked_mean(ops.exp(zero_masked(logs - greatest[:, None], mask)), mask)
    some = None if mask is None else ops.any(mask, axis=1)
    if some is not None:
        mean = ops.where(ops.expand_dims(some, -1), mean, ops.ones_like(mean))
    y = ops.exp((ops.log(mean) + greatest) / exponent)
    return ops.cast(zero_masked(y, some), dtype)
