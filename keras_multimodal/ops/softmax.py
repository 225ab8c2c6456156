"""Softmax over the places that are there."""

import keras
import numpy as np
from keras import ops

from keras_multimodal.ops._softmax import softmax
from keras_multimodal.types import Mask, Tensor


def masked_softmax(x: Tensor, mask: Mask = None, axis: int = -1) -> Tensor:
    """Compute the softmax over the unmasked places of an axis.

    `y_i = m_i exp(x_i) / sum_j m_j exp(x_j)`, and zeros where no `m_j` is True.

    Args:
        x: Tensor of a float dtype.
        mask: Boolean that broadcasts against `x`, True where a place takes part, or `None` where
            all do.
        axis: The axis that sums to one. Default -1.

    Returns:
        A tensor of the shape and dtype of `x`; float16 and bfloat16 are computed in float32.
        Masked places are exactly zero, have no gradient, and may hold NaN.

    Example:

    >>> x = keras.ops.convert_to_tensor([[0.0, 0.0, 7.0], [1.0, 2.0, 3.0]])
    >>> mask = keras.ops.convert_to_tensor([[True, True, False], [False, False, False]])
    >>> keras.ops.convert_to_numpy(masked_softmax(x, mask))
    array([[0.5, 0.5, 0. ],
           [0. , 0. , 0. ]], dtype=float32)
    """
    dtype = keras.backend.standardize_dtype(x.dtype)
    x = ops.cast(x, keras.backend.result_type(dtype, "float32"))
    if mask is None:
        return ops.cast(softmax(x, axis), dtype)
    # The lowest finite number, not -inf: a row of -inf has a NaN softmax, and so a NaN gradient.
    lowest = float(np.finfo(keras.backend.standardize_dtype(x.dtype)).min)
    y = softmax(ops.where(mask, x, lowest), axis)
    return ops.cast(ops.where(mask, y, 0.0), dtype)
