"""Scaled dot-product attention over the keys that are there."""

from typing import Any

import keras
from keras import ops

from keras_multimodal.ops._softmax import softmax

# Finite, so that a row of nothing else has a softmax; beside it float32 forgets any score.
_FAR_BELOW = -1e38


def masked_attention(
    query: Any,
    key: Any,
    value: Any,
    mask: Any = None,
    *,
    scale: float | None = None,
    dropout: float = 0.0,
    seed: Any = None,
    return_weights: bool = False,
) -> Any:
    """Scaled dot-product attention, heads before length.

    `attention(Q, K, V) = softmax(scale Q K^T) V`, the softmax over unmasked keys.

    Args:
        query: `(batch, heads, query_length, key_dim)` of a float dtype.
        key: `(batch, heads, key_length, key_dim)`. Finite at masked places too, as is `value`:
            zero times NaN is NaN. `zero_masked` makes them so, best before the projection, where
            it spares the projection's gradient as well.
        value: `(batch, heads, key_length, value_dim)`.
        mask: Boolean, True where a key may be attended to: `(batch, key_length)`, or
            `(batch, query_length, key_length)` where it differs from query to query. `None` where
            all may.
        scale: Factor on the scores; `key_dim ** -0.5` by default.
        dropout: Rate of the weights dropped, in [0, 1). Give it in training only. Default 0.
        seed: Seed or `keras.random.SeedGenerator` of the dropout.
        return_weights: Whether to return the weights too.

    Returns:
        `(batch, heads, query_length, value_dim)` in the dtype of `value`. With `return_weights`,
        also the weights `(batch, heads, query_length, key_length)` as they are before dropout.

    Masking:
        A query with nothing to attend to gives zeros. What is then added to them, such as an
        output projection's bias, is the caller's to remove.

    Example:

    >>> tokens = keras.random.normal((2, 4, 6, 8))
    >>> mask = keras.ops.arange(6)[None] < keras.ops.convert_to_tensor([[6], [3]])
    >>> tuple(masked_attention(tokens, tokens, tokens, mask).shape)
    (2, 4, 6, 8)

    Reference:
        Vaswani et al., "Attention Is All You Need", 2017, equation 1.
    """
    if scale is None:
        scale = key.shape[-1] ** -0.5
    dtype = keras.backend.standardize_dtype(query.dtype)
    # The query is the smallest thing to scale, and scaled first it keeps float16 from overflowing.
    scores = ops.matmul(query * scale, ops.swapaxes(key, -1, -2))
    scores = ops.cast(scores, keras.backend.result_type(dtype, "float32"))
    if mask is not None:
        # (batch, 1, 1, key_length) or (batch, 1, query_length, key_length)
        mask = mask[:, None, None, :] if len(mask.shape) == 2 else mask[:, None]
        # A sum costs less than a choice, forward and backward, where everything is finite.
        scores = scores + ops.where(mask, 0.0, ops.cast(_FAR_BELOW, scores.dtype))
    weights = ops.cast(softmax(scores), dtype)  # (batch, heads, query_length, key_length)
    dropped = keras.random.dropout(weights, dropout, seed=seed) if dropout else weights
    output = ops.matmul(dropped, value)  # (batch, heads, query_length, value_dim)
    if mask is not None:
        # Among nothing but masked keys the softmax is as good as any other, and not zero.
        some = ops.any(mask, axis=-1, keepdims=True)
        output = ops.where(some, output, ops.zeros_like(output))
        if return_weights:
            weights = ops.where(mask, weights, ops.zeros_like(weights))
    return (output, weights) if return_weights else output
