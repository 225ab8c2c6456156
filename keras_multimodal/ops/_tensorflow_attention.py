"""Exact attention in tiles, for the TensorFlow backend on a CPU.

In TensorFlow each op reads and writes its whole tensor, so that attention takes as long as its
scores take to go to memory and back, several times. Here they come and go in tiles that fit a
cache: all the keys of some queries, so that a tile's softmax is TensorFlow's own. The backward pass
makes a tile's weights again instead of having kept them.
"""

import dataclasses
import os
from typing import Any

import tensorflow as tf

from keras_multimodal.types import Mask, Tensor

# Scores in a tile; 4 MiB in float32.
_TILE = 2**20
# Tiles at a time: between their products' large ops are some that keep one core busy.
_PARALLEL = os.cpu_count() or 1
# Finite, so that a row of nothing else has a softmax; beside it float32 forgets any score.
_FAR_BELOW = -1e38


def tensorflow_attention(
    query: Tensor, key: Tensor, value: Tensor, mask: Mask, scale: float, tile: int = _TILE
) -> Tensor:
    """Return `softmax(scale Q K^T) V`, unmasked keys alone, in memory that grows with the length.

    Args:
        query: `(batch, heads, query_length, key_dim)`, lengths known or not; float32 or float64.
        key: `(batch, heads, key_length, key_dim)`; finite.
        value: `(batch, heads, key_length, value_dim)`; finite.
        mask: Boolean `(batch, key_length)` or `(batch, query_length, key_length)`, or None.
        scale: Factor on the scores.
        tile: About how many scores there are at a time.

    Returns:
        `(batch, heads, query_length, value_dim)`; zeros for a query with nothing to attend to.
    """

    @tf.custom_gradient
    def attend(query: Tensor, key: Tensor, value: Tensor) -> tuple[Any, Any]:
        tiling = _Tiling.of(query, key, tile)
        operands = _Operands.of(query, key, value, mask, tiling)
        output = _forward(operands, tiling)

        def gradient(upstream: Tensor) -> tuple[Any, Any, Any]:
            return _backward(operands, tiling, output, upstream)

        return output, gradient

    output = attend(query * scale, key, value)
    if mask is None:
        return output
    # Among nothing but masked keys the softmax is as good as any other, and not zero.
    some = tf.reduce_any(mask, axis=-1, keepdims=True)
    some = some[:, None, :, None] if len(mask.shape) == 2 else some[:, None]
    return tf.where(some, output, tf.zeros_like(output))


@dataclasses.dataclass(frozen=True)
class _Tiling:
    """The cut of the scores: whole heads, several at a time, or one head's queries in chunks.

    Args:
        heads: Number of heads.
        group: Heads in a tile.
        chunks: Tiles of a group; above 1 only where the group is one head.
        rows: Queries in a tile.
        query_length: Number of queries; the last chunk is padded.
        key_length: Number of keys.
    """

    heads: int
    group: int
    chunks: Tensor
    rows: Tensor
    query_length: Tensor
    key_length: Tensor

    @classmethod
    def of(cls, query: Tensor, key: Tensor, tile: int) -> "_Tiling":
        heads, query_length, key_length = query.shape[1], _size(query, 2), _size(key, 2)
        group = 1
        if isinstance(query_length, int) and isinstance(key_length, int):
            scores = query_length * key_length
            fitting = [n for n in range(1, heads + 1) if heads % n == 0 and n * scores <= tile]
            group = max(fitting, default=1)
        if group > 1:
            return cls(heads, group, 1, query_length, query_length, key_length)
        rows = _greatest(_least(query_length, tile // _greatest(key_length, 1)), 1)
        chunks = _greatest(-(-query_length // rows), 1)
        # As even as may be, so that little is padded.
        return cls(heads, 1, chunks, -(-query_length // chunks), query_length, key_length)

    def cut(self, x: Tensor) -> Tensor:
        """Turn `(batch, heads, query_length, dim)` into `(groups, chunks, group, rows, dim)`."""
        padding = self.chunks * self.rows - self.query_length
        x = tf.pad(x, [[0, 0], [0, 0], [0, padding], [0, 0]])
        return tf.reshape(x, (-1, self.chunks, self.group, self.rows, _size(x, -1)))

    def join(self, x: Tensor) -> Tensor:
        """Undo `cut`."""
        x = tf.reshape(x, (-1, self.heads, self.chunks * self.rows, x.shape[-1]))
        return x[:, :, : self.query_length]

    def by_head(self, x: Tensor) -> Tensor:
        """Turn `(batch, heads, key_length, dim)` into `(groups, group, key_length, dim)`."""
        return tf.reshape(x, (-1, self.group, self.key_length, x.shape[-1]))


@dataclasses.dataclass(frozen=True)
class _Operands:
    """The operands of the tiles' products.

    Args:
        query: `(groups, chunks, group, rows, key_dim)`, scaled.
        key: `(groups, group, key_length, key_dim)`.
        value: `(groups, group, key_length, value_dim)`.
        shift: What is added to the scores, `(batch, chunks, 1, rows, key_length)`, chunks and rows
            of length 1 where it doesn't differ from query to query; None where all keys are there.
        groups_of_row: How many groups a row of the batch has.
    """

    query: Tensor
    key: Tensor
    value: Tensor
    shift: Tensor
    groups_of_row: int

    @classmethod
    def of(
        cls, query: Tensor, key: Tensor, value: Tensor, mask: Mask, tiling: _Tiling
    ) -> "_Operands":
        shift = None
        if mask is not None:
            far_below = tf.constant(_FAR_BELOW, query.dtype)
            shift = tf.where(mask, tf.zeros_like(far_below), far_below)
            if len(mask.shape) == 2:
                shift = shift[:, None, None, None]
            else:
                shift = dataclasses.replace(tiling, heads=1, group=1).cut(shift[:, None])
        return cls(
            query=tiling.cut(query),
            key=tiling.by_head(key),
            value=tiling.by_head(value),
            shift=shift,
            groups_of_row=tiling.heads // tiling.group,
        )

    def weights(self, group: Tensor, chunk: Tensor) -> Tensor:
        """Return a tile's weights, `(group, rows, key_length)`."""
        scores = tf.matmul(self.query[group, chunk], self.key[group], transpose_b=True)
        if self.shift is not None:
            shifts = self.shift[group // self.groups_of_row]
            scores += shifts[chunk if _differs(shifts) else 0]
        return tf.nn.softmax(scores)


def _forward(operands: _Operands, tiling: _Tiling) -> Tensor:
    """Return the output."""

    def attend(tile: Tensor) -> Tensor:
        group, chunk = tile // tiling.chunks, tile % tiling.chunks
        return tf.matmul(operands.weights(group, chunk), operands.value[group])

    tiles = tf.range(tf.shape(operands.query)[0] * tiling.chunks)
    shape = (tiling.group, _static(tiling.rows), operands.value.shape[-1])
    output = tf.map_fn(
        attend,
        tiles,
        fn_output_signature=tf.TensorSpec(shape, operands.query.dtype),
        parallel_iterations=_PARALLEL,
    )
    return tiling.join(output)


def _backward(
    operands: _Operands, tiling: _Tiling, output: Tensor, upstream: Tensor
) -> tuple[Any, Any, Any]:
    """Return the gradients by the scaled query, the key and the value."""
    key_dim, dim = operands.key.shape[-1], operands.value.shape[-1]
    means = tiling.cut(tf.reduce_sum(upstream * output, axis=-1, keepdims=True))
    upstreams = tiling.cut(upstream)

    def tile(group: Tensor, chunk: Tensor) -> tuple[Any, Any, Any]:
        weights, by_output = operands.weights(group, chunk), upstreams[group, chunk]
        by_weight = tf.matmul(by_output, operands.value[group], transpose_b=True)
        by_score = weights * (by_weight - means[group, chunk])
        return (
            tf.matmul(by_score, operands.key[group]),
            tf.matmul(by_score, operands.query[group, chunk], transpose_a=True),
            tf.matmul(weights, by_output, transpose_a=True),
        )

    dtype = operands.query.dtype
    query_shape = (tiling.group, _static(tiling.rows), key_dim)

    def head(group: Tensor) -> tuple[Any, Any, Any]:
        """Return a group's gradients: those of the keys are sums over its tiles."""
        if isinstance(tiling.chunks, int) and tiling.chunks == 1:
            by_query, by_key, by_value = tile(group, 0)
            return by_query[None], by_key, by_value

        def add(
            chunk: Tensor, by_key: Tensor, by_value: Tensor, by_query: Tensor
        ) -> tuple[Any, ...]:
            own_query, own_key, own_value = tile(group, chunk)
            return (
                chunk + 1,
                by_key + own_key,
                by_value + own_value,
                by_query.write(chunk, own_query),
            )

        start = (
            0,
            tf.zeros_like(operands.key[group]),
            tf.zeros_like(operands.value[group]),
            tf.TensorArray(dtype, tiling.chunks, element_shape=query_shape),
        )
        _, by_key, by_value, by_query = tf.while_loop(
            lambda chunk, *_: chunk < tiling.chunks, add, start, parallel_iterations=1
        )
        return by_query.stack(), by_key, by_value

    key_length = _static(tiling.key_length)
    signature = (
        tf.TensorSpec((_static(tiling.chunks), *query_shape), dtype),
        tf.TensorSpec((tiling.group, key_length, key_dim), dtype),
        tf.TensorSpec((tiling.group, key_length, dim), dtype),
    )
    groups = tf.range(tf.shape(operands.query)[0])
    by_query, by_key, by_value = tf.map_fn(
        head, groups, fn_output_signature=signature, parallel_iterations=_PARALLEL
    )
    by_key, by_value = (
        tf.reshape(x, (-1, tiling.heads, tiling.key_length, x.shape[-1]))
        for x in (by_key, by_value)
    )
    return tiling.join(by_query), by_key, by_value


def _differs(shifts: Tensor) -> bool:
    """Return whether each chunk has a shift, `(chunks, 1, rows, key_length)`, or one is for all."""
    return shifts.shape[0] != 1


def _static(size: Tensor) -> int | None:
    return size if isinstance(size, int) else None


def _least(x: Tensor, y: Tensor) -> Tensor:
    return min(x, y) if isinstance(x, int) and isinstance(y, int) else tf.minimum(x, y)


def _greatest(x: Tensor, y: Tensor) -> Tensor:
    return max(x, y) if isinstance(x, int) and isinstance(y, int) else tf.maximum(x, y)


def _size(x: Tensor, axis: int) -> Tensor:
    """Return the length of an axis: a number where it is known, a tensor where it isn't."""
    return tf.shape(x)[axis] if x.shape[axis] is None else x.shape[axis]
