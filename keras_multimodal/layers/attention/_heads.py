"""From one axis of features to one axis for the heads, and back."""

from typing import Any

from keras import ops


def heads_first(x: Any, num_heads: int) -> Any:
    """`(batch, length, heads * dim)` to `(batch, heads, length, dim)`."""
    x = ops.reshape(x, (-1, ops.shape(x)[1], num_heads, x.shape[-1] // num_heads))
    return ops.transpose(x, (0, 2, 1, 3))


def heads_last(x: Any) -> Any:
    """`(batch, heads, length, dim)` to `(batch, length, heads * dim)`."""
    x = ops.transpose(x, (0, 2, 1, 3))  # (batch, length, heads, dim)
    return ops.reshape(x, (-1, ops.shape(x)[1], x.shape[2] * x.shape[3]))
