"""Zeros where a mask is False."""

from keras import ops

from keras_multimodal.types import Mask, Tensor


def zero_masked(x: Tensor, mask: Mask = None) -> Tensor:
    """Replace what stands at masked places by zero, whatever it is.

    A product with the mask would let NaN and infinity through, forward and backward; a choice
    between the value and zero does not.

    Args:
        x: Tensor `(..., dim)`, such as tokens `(batch, length, dim)` or vectors `(batch, dim)`.
        mask: Boolean `(...)`, True where `x` is real, or `None` where all of it is.

    Returns:
        A tensor of the shape and dtype of `x`. Its gradient at masked places is exactly zero.

    Example:

    >>> import keras
    >>> x = keras.ops.convert_to_tensor([[1.0, 2.0], [float("nan"), 4.0]])
    >>> keras.ops.convert_to_numpy(zero_masked(x, keras.ops.convert_to_tensor([True, False])))
    array([[1., 2.],
           [0., 0.]], dtype=float32)
    """
    if mask is None:
        return x
    return ops.where(ops.expand_dims(mask, -1), x, ops.zeros_like(x))
