"""How much tokens are attended to, of attention's scores."""

from typing import Any

from keras import ops

from keras_multimodal.types import Mask, Tensor


def attention_received(parts: list[tuple[Any, Mask]]) -> Tensor:
    """Return the mean over heads and over all tokens that attend, `(batch, length)`, in float32.

    Args:
        parts: Scores `(batch, heads, query_length, length)` of some tokens that attend, and which
            of them are real, boolean `(batch, query_length)`, or None where all are.
    """
    total, count = 0.0, 0.0
    for scores, mask in parts:
        each = ops.mean(ops.cast(scores, "float32"), axis=1)  # (batch, query_length, length)
        real = ops.ones_like(each[..., 0]) if mask is None else ops.cast(mask, "float32")
        total = total + ops.sum(each * real[..., None], axis=1)
        count = count + ops.sum(real, axis=1, keepdims=True)
    return total / ops.maximum(count, 1.0)
