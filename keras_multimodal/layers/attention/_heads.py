"""From one axis of features to one axis for the heads, and back."""

from keras import ops

from keras_multimodal.types import Tensor


def heads_first(x: Tensor, num_heads: int) -> Tensor:
    """Turn `(batch, length, heads * dim)` into `(batch, heads, length, dim)`."""
    x = ops.reshape(x, (-1, ops.shape(x)[1], num_heads, x.shape[-1] // num_heads))
    return ops.transpose(x, (0, 2, 1, 3))


def heads_last(x: Tensor) -> Tensor:
    """Turn `(batch, heads, length, dim)` into `(batch, length, heads * dim)`."""
    x = ops.transpose(x, (0, 2, 1, 3))  # (batch, length, heads, dim)
    return ops.reshape(x, (-1, ops.shape(x)[1], x.shape[2] * x.shape[3]))
