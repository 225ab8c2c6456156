"""Scaled dot-product attention over the keys that are there."""

from typing import Any, Literal

import keras
from keras import ops

from keras_multimodal.ops._blockwise_attention import blockwise_attention
from keras_multimodal.ops._softmax import softmax
from keras_multimodal.types import Mask, Tensor, Tensors

_IMPLEMENTATIONS = ("auto", "direct", "blockwise")
# Finite, so that a row of nothing else has a softmax; beside it float32 forgets any score.
_FAR_BELOW = -1e38
# Scores for each head from which it pays not to have them in memory all at once: in the tiles of
# TensorFlow's own path 512 by 512, in blocks elsewhere 1024 by 1024, on a GPU 4096 by 4096.
_MANY_SCORES_FOR_TILES = 2**18
_MANY_SCORES_FOR_BLOCKS = 2**20
_MANY_SCORES_FOR_BLOCKS_ON_GPU = 2**24


def masked_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Mask = None,
    *,
    scale: float | None = None,
    dropout: float = 0.0,
    seed: Any = None,
    return_weights: bool = False,
    implementation: Literal["auto", "direct", "blockwise"] = "auto",
) -> Tensors:
    """Compute scaled dot-product attention, heads before length.

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
        implementation: How it is computed; the result is the same but for rounding. `"direct"`
            has all scores in memory at once. `"blockwise"` makes them, and in the backward pass
            makes them again, block by block, so that memory grows with the length and not with its
            square (on TensorFlow in graphs, such as `fit` runs; eagerly a tape keeps every block);
            it has no weights to return or to drop. `"auto"` (default) is blockwise where the
            lengths are known and there are many scores for each head, and direct otherwise: from
            512 times 512 on TensorFlow and a CPU, from 1024 times 1024 on JAX and a CPU, from 4096
            times 4096 on a GPU. On JAX with a GPU, half precision goes through Keras' own flash
            attention, with the mask widened to `(batch, 1, query_length, key_length)`.

    Returns:
        `(batch, heads, query_length, value_dim)` in the dtype of `value`. With `return_weights`,
        also the weights `(batch, heads, query_length, key_length)` as they are before dropout.

    Masking:
        A query with nothing to attend to gives zeros. What is then added to them, such as an
        output projection's bias, is the caller's to remove.

    Raises:
        ValueError: If `implementation` is unknown, or is `"blockwise"` with `dropout` or
            `return_weights`, or, but for TensorFlow on a CPU, with keys of unknown length.

    Example:

    >>> tokens = keras.random.normal((2, 4, 6, 8))
    >>> mask = keras.ops.arange(6)[None] < keras.ops.convert_to_tensor([[6], [3]])
    >>> tuple(masked_attention(tokens, tokens, tokens, mask).shape)
    (2, 4, 6, 8)

    Reference:
        Vaswani et al., "Attention Is All You Need", 2017, equation 1; for `"blockwise"`, Dao et
        al., "FlashAttention", 2022.
    """
    if implementation not in _IMPLEMENTATIONS:
        raise ValueError(
            f"`implementation` must be one of {_IMPLEMENTATIONS}. "
            f"Received: implementation={implementation!r}"
        )
    if implementation == "blockwise" and (dropout or return_weights):
        raise ValueError(
            "`implementation` must be 'auto' or 'direct' where weights are dropped or returned: "
            f"blockwise attention has none. Received: implementation='blockwise', "
            f"dropout={dropout}, return_weights={return_weights}"
        )
    if scale is None:
        scale = key.shape[-1] ** -0.5
    if dropout or return_weights or implementation == "direct":
        return _direct(query, key, value, mask, scale, dropout, seed, return_weights)
    on_gpu = _on_gpu()
    in_tiles = keras.backend.backend() == "tensorflow" and not on_gpu
    if implementation == "auto":
        if _flash_fits(query, value):
            return _flash(query, key, value, mask, scale)
        lengths = (query.shape[2], key.shape[2])
        if in_tiles:
            many = _MANY_SCORES_FOR_TILES
        else:
            many = _MANY_SCORES_FOR_BLOCKS_ON_GPU if on_gpu else _MANY_SCORES_FOR_BLOCKS
        if None in lengths or lengths[0] * lengths[1] < many:
            return _direct(query, key, value, mask, scale)
    if in_tiles:
        return _tiled(query, key, value, mask, scale)
    if key.shape[2] is None:
        raise ValueError(
            "`key` must be of known length for blockwise attention. "
            f"Received: shape {tuple(key.shape)}"
        )
    return blockwise_attention(query, key, value, mask, scale)


def _direct(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Mask,
    scale: float,
    dropout: float = 0.0,
    seed: Any = None,
    return_weights: bool = False,
) -> Tensor:
    """Return all scores at once."""
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


def _tiled(query: Tensor, key: Tensor, value: Tensor, mask: Mask, scale: float) -> Tensor:
    """Attend on TensorFlow's own path; a CPU has nothing to gain from half precision."""
    from keras_multimodal.ops._tensorflow_attention import tensorflow_attention

    dtype = keras.backend.standardize_dtype(query.dtype)
    exact = keras.backend.result_type(dtype, "float32")
    query, key, value = (ops.cast(x, exact) for x in (query, key, value))
    return ops.cast(tensorflow_attention(query, key, value, mask, scale), dtype)


def _flash(query: Tensor, key: Tensor, value: Tensor, mask: Mask, scale: float) -> Tensor:
    """Attend with Keras, length before heads, which takes the GPU's flash kernel where it can."""
    some = None
    if mask is not None:
        if len(mask.shape) == 2:
            # The kernel takes no mask that is narrower than the scores.
            all_queries = ops.ones_like(query[:, 0, :, :1], dtype="bool")
            mask = ops.logical_and(mask[:, None], all_queries)
        mask = mask[:, None]
        some = ops.any(mask, axis=-1, keepdims=True)
    query, key, value = (ops.swapaxes(x, 1, 2) for x in (query, key, value))
    output = ops.dot_product_attention(query, key, value, mask=mask, scale=scale)
    output = ops.swapaxes(output, 1, 2)
    if some is None:
        return output
    # Among nothing but masked keys the kernel answers with some mean, and not zero.
    return ops.where(some, output, ops.zeros_like(output))


def _flash_fits(query: Tensor, value: Tensor) -> bool:
    """Return whether JAX's flash kernel takes this: on a GPU, of one width and half precise."""
    half = keras.backend.standardize_dtype(query.dtype) in ("float16", "bfloat16")
    fits = half and query.shape[-1] == value.shape[-1]
    return fits and keras.backend.backend() == "jax" and _on_gpu()


def _on_gpu() -> bool:
    """Return whether the backend computes on a GPU."""
    return any(device.startswith(("gpu", "cuda")) for device in keras.distribution.list_devices())
