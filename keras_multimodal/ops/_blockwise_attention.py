"""Exact attention over one block of keys after the other, in `keras.ops` alone."""

from typing import Any

import keras
from keras import ops

from keras_multimodal.types import Mask, Tensor

# Finite, so that a row of nothing else has a maximum; beside it float32 forgets any score.
_FAR_BELOW = -1e38
# Keys in a block.
_BLOCK = 512


def blockwise_attention(
    query: Tensor, key: Tensor, value: Tensor, mask: Mask, scale: float, block: int = _BLOCK
) -> Tensor:
    """Return `softmax(scale Q K^T) V`, unmasked keys alone, in memory that grows with the length.

    A running maximum and a running sum are carried from block to block; the backward pass makes
    the weights of a block again instead of having kept them.

    Args:
        query: `(batch, heads, query_length, key_dim)`.
        key: `(batch, heads, key_length, key_dim)`, its length known; finite.
        value: `(batch, heads, key_length, value_dim)`; finite.
        mask: Boolean `(batch, key_length)` or `(batch, query_length, key_length)`, or None.
        scale: Factor on the scores.
        block: Number of keys in a block, at most.

    Returns:
        `(batch, heads, query_length, value_dim)`; zeros for a query with nothing to attend to.

    Reference:
        Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018, algorithm 3;
        Dao et al., "FlashAttention", 2022, algorithms 1 and 4.
    """
    dtype = keras.backend.standardize_dtype(query.dtype)
    exact = keras.backend.result_type(dtype, "float32")
    blocks = max(-(-key.shape[2] // block), 1)
    # As even as may be, so that little is padded.
    padding = blocks * -(-key.shape[2] // blocks) - key.shape[2]
    shift = _shift(key, mask, padding, exact)
    shifts = None if shift is None else _cut(shift, blocks, axis=3)
    some = None
    if mask is not None:
        some = ops.any(mask, axis=-1, keepdims=True)
        # (batch, 1, 1, 1) or (batch, 1, query_length, 1)
        some = some[:, None, :, None] if len(mask.shape) == 2 else some[:, None]

    def scores(query: Tensor, key: Tensor, index: Tensor) -> Tensor:
        """Return a block's scores, `(batch, heads, query_length, block)`."""
        found = ops.cast(ops.matmul(query, ops.swapaxes(key, -1, -2)), exact)
        return found if shifts is None else found + shifts[index]

    def attend(query: Tensor, key: Tensor, value: Tensor) -> tuple[Any, Any]:
        keys, values = (
            _cut(ops.pad(x, ((0, 0), (0, 0), (0, padding), (0, 0))), blocks, axis=2)
            for x in (key, value)
        )

        def step(index: Tensor, carry: Tensor) -> tuple[Any, Any, Any]:
            greatest, total, output = carry
            found = scores(query, keys[index], index)
            higher = ops.maximum(greatest, ops.max(found, axis=-1, keepdims=True))
            weights, decay = ops.exp(found - higher), ops.exp(greatest - higher)
            weighted = ops.cast(ops.matmul(ops.cast(weights, dtype), values[index]), exact)
            total = total * decay + ops.sum(weights, axis=-1, keepdims=True)
            return higher, total, output * decay + weighted

        nothing = ops.cast(ops.zeros_like(query[..., :1]), exact)
        # Of the width of the values, whatever that of the queries.
        start = (nothing + _FAR_BELOW, nothing, nothing + ops.zeros((value.shape[-1],), exact))
        greatest, total, output = ops.fori_loop(0, blocks, step, start)
        output = output / total
        if some is not None:
            output = ops.where(some, output, ops.zeros_like(output))
        log_sum = greatest + ops.log(total)

        def gradient(*args: Any, upstream: Tensor = None) -> tuple[Any, Any, Any]:
            by_output = args[0] if upstream is None else upstream
            if some is not None:
                by_output = ops.where(some, by_output, ops.zeros_like(by_output))
            mean = ops.sum(ops.cast(by_output, exact) * output, axis=-1, keepdims=True)

            def step(index: Tensor, carry: Tensor) -> tuple[Any, Any, Any]:
                by_query, by_keys, by_values = carry
                key, value = keys[index], values[index]
                weights = ops.exp(scores(query, key, index) - log_sum)
                by_weight = ops.cast(ops.matmul(by_output, ops.swapaxes(value, -1, -2)), exact)
                by_score = ops.cast(weights * (by_weight - mean), dtype)
                by_key = ops.matmul(ops.swapaxes(by_score, -1, -2), query)
                by_value = ops.matmul(ops.swapaxes(ops.cast(weights, dtype), -1, -2), by_output)
                place = ops.reshape(index, (1, 1))
                return (
                    by_query + ops.cast(ops.matmul(by_score, key), exact),
                    ops.scatter_update(by_keys, place, by_key[None]),
                    ops.scatter_update(by_values, place, by_value[None]),
                )

            # Not `scan`: Keras' for TensorFlow wants what a step gives to look like its carry.
            zeros = (ops.cast(ops.zeros_like(query), exact), *map(ops.zeros_like, (keys, values)))
            by_query, by_keys, by_values = ops.fori_loop(0, blocks, step, zeros)
            by_key, by_value = (
                _join(x, axis=2)[:, :, : key.shape[2]] for x in (by_keys, by_values)
            )
            return ops.cast(by_query, dtype), by_key, by_value

        return ops.cast(output, dtype), gradient

    return ops.custom_gradient(attend)(query * scale, key, value)


def _shift(key: Tensor, mask: Mask, padding: int, dtype: str) -> Tensor:
    """Return by how much masked and padded keys' scores are lowered; None if there are none.

    It has the axes of the scores, of length 1 where nothing depends on them.
    """
    if mask is None and not padding:
        return None
    if mask is None:
        mask = ops.ones_like(key[:, 0, :, 0], dtype="bool")
    mask = mask[:, None, None] if len(mask.shape) == 2 else mask[:, None]
    mask = ops.pad(mask, ((0, 0), (0, 0), (0, 0), (0, padding)), constant_values=False)
    return ops.where(mask, 0.0, ops.cast(_FAR_BELOW, dtype))


def _cut(x: Tensor, blocks: int, axis: int) -> Tensor:
    """Cut an axis into blocks, stacked in front."""
    shape = ops.shape(x)
    x = ops.reshape(x, (*shape[:axis], blocks, shape[axis] // blocks, *shape[axis + 1 :]))
    return ops.moveaxis(x, axis, 0)


def _join(x: Tensor, axis: int) -> Tensor:
    """Undo `_cut`."""
    x = ops.moveaxis(x, 0, axis)
    shape = ops.shape(x)
    return ops.reshape(x, (*shape[:axis], shape[axis] * shape[axis + 1], *shape[axis + 2 :]))
