"""Exact attention in tiles that fit a CPU's cache, for the TensorFlow backend.

In TensorFlow each elementwise op reads and writes its whole tensor, so that attention takes as long
as its scores take to go to memory and back, several times. Here they come and go in tiles, and a
tile takes three ops: `exp(Q K^T - bound) [V, 1]`.

- The bound on a query's scores, |q| max_k |k|, stands in for their maximum: it is known before
  they are, so that the product itself subtracts it, as one more feature that meets a 1 among the
  keys'. A padded key is another feature. Where the bound is so far off that nothing is left of a
  query's weights, which is checked, the tile is done again with the maximum.
- A 1 beside the values makes the product sum the weights.
- The backward pass makes the weights again, from the scores and the logarithms of the sums. Its
  tiles stand on their side, keys by queries: only so is none of its products that of a transposed
  tile, which takes TensorFlow five times as long.
"""

import dataclasses
import os
from typing import Any

import tensorflow as tf

# Scores in a tile; 2 MiB in float32.
_TILE = 2**19
# Tiles at a time: most of their ops are too small to keep several cores busy.
_PARALLEL = os.cpu_count() or 1
# A sum of weights below this isn't accurate: float32 ends at 1e-38.
_SMALLEST_SUM = 1e-25
# What a padded key's scores get: too little for any exponential.
_FAR_BELOW = -1e38


def tensorflow_attention(
    query: Any, key: Any, value: Any, mask: Any, scale: float, tile: int = _TILE
) -> Any:
    """`softmax(scale Q K^T) V` over unmasked keys, in memory that grows with the length.

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
    def attend(query: Any, key: Any, value: Any) -> tuple[Any, Any]:
        tiling = _Tiling.of(query, key, tile)
        operands = _Operands.of(query, key, value, mask, tiling)
        output, log_sum = _forward(operands, tiling)

        def gradient(upstream: Any) -> tuple[Any, Any, Any]:
            return _backward(operands, tiling, output, log_sum, upstream)

        return output, gradient

    return attend(query * scale, key, value)


@dataclasses.dataclass(frozen=True)
class _Tiling:
    """How the scores are cut: whole heads, several at a time, or one head's queries in chunks.

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
    chunks: Any
    rows: Any
    query_length: Any
    key_length: Any

    @classmethod
    def of(cls, query: Any, key: Any, tile: int) -> "_Tiling":
        heads, query_length, key_length = query.shape[1], _size(query, 2), _size(key, 2)
        group = 1
        if isinstance(query_length, int) and isinstance(key_length, int):
            scores = query_length * key_length
            fitting = [n for n in range(1, heads + 1) if heads % n == 0 and n * scores <= tile]
            group = max(fitting, default=1)
        if group > 1:
            return cls(heads, group, 1, query_length, query_length, key_length)
        rows = _least(query_length, _greatest(tile // _greatest(key_length, 1), 1))
        rows = _greatest(rows, 1)
        chunks = _greatest(-(-query_length // rows), 1)
        # As even as may be, so that little is padded.
        return cls(heads, 1, chunks, -(-query_length // chunks), query_length, key_length)

    def cut(self, x: Any) -> Any:
        """`(batch, heads, query_length, dim)` to `(groups, chunks, group, rows, dim)`."""
        padding = self.chunks * self.rows - self.query_length
        x = tf.pad(x, [[0, 0], [0, 0], [0, padding], [0, 0]])
        return tf.reshape(x, (-1, self.chunks, self.group, self.rows, _size(x, -1)))

    def join(self, x: Any) -> Any:
        """What `cut` does, undone."""
        x = tf.reshape(x, (-1, self.heads, self.chunks * self.rows, x.shape[-1]))
        return x[:, :, : self.query_length]

    def by_head(self, x: Any) -> Any:
        """`(batch, heads, key_length, dim)` to `(groups, group, key_length, dim)`."""
        return tf.reshape(x, (-1, self.group, self.key_length, x.shape[-1]))


@dataclasses.dataclass(frozen=True)
class _Operands:
    """What the tiles' products take.

    Args:
        query: `(groups, chunks, group, rows, key_dim)`, scaled.
        bound: The same with one feature: no score of the query is above it.
        key: `(groups, group, key_length, key_dim + 1 or 2)`: the last features are 1 and, where
            keys are masked, what their scores are lowered by.
        value: `(groups, group, key_length, value_dim + 1)`, the last feature 1.
        pairs: 1 where a query may attend to a key, `(batch, chunks, 1, rows, key_length)`; None
            where that doesn't differ from query to query.
        some: True where a query has a key to attend to, as `bound`; None where all have.
    """

    query: Any
    bound: Any
    key: Any
    value: Any
    pairs: Any
    some: Any

    @classmethod
    def of(cls, query: Any, key: Any, value: Any, mask: Any, tiling: _Tiling) -> "_Operands":
        one = tf.ones_like(key[..., :1])
        norms = tf.reduce_sum(tf.square(key), axis=-1)
        features, pairs, some = [key, one], None, None
        flag = tf.zeros_like(query[..., :1])
        if mask is not None and len(mask.shape) == 2:
            there = mask[:, None]
            norms = tf.where(there, norms, tf.zeros_like(norms))
            lowered = tf.where(there[..., None], tf.zeros_like(one), _FAR_BELOW * one)
            features.append(lowered)
            some = tiling.cut(
                flag + tf.cast(tf.reduce_any(mask, -1), flag.dtype)[:, None, None, None]
            )
        elif mask is not None:
            allowed = tf.cast(mask, query.dtype)[:, None]
            some = tiling.cut(flag + tf.reduce_max(allowed, axis=-1, keepdims=True))
            single = dataclasses.replace(tiling, group=1)
            pairs = single.cut(allowed)  # (batch, chunks, 1, rows, key_length)
        longest = tf.reduce_max(norms, axis=-1, keepdims=True)
        # It cancels out, and has no gradient; that of its root would be NaN at a query of zeros.
        bound = tf.stop_gradient(tf.sqrt(tf.reduce_sum(tf.square(query), axis=-1) * longest))
        return cls(
            query=tiling.cut(query),
            bound=tiling.cut(bound[..., None]),
            key=tiling.by_head(tf.concat(features, axis=-1)),
            value=tiling.by_head(tf.concat([value, one], axis=-1)),
            pairs=pairs,
            some=None if some is None else some > 0,
        )

    def queries(self, group: Any, chunk: Any, less: Any) -> Any:
        """A tile's queries with the features that meet the keys' last ones."""
        query = self.query[group, chunk]
        features = [query, -less]
        if self.key.shape[-1] == query.shape[-1] + 2:
            features.append(tf.ones_like(less))
        return tf.concat(features, axis=-1)

    def pair_mask(self, group: Any, chunk: Any, tiling: _Tiling) -> Any:
        """A tile's `pairs`, `(1, rows, key_length)`."""
        return self.pairs[group // (tiling.heads // tiling.group), chunk]


def _forward(operands: _Operands, tiling: _Tiling) -> tuple[Any, Any]:
    """The output, and the logarithm of each query's sum of exponentials."""
    dim = operands.value.shape[-1] - 1

    def weigh(group: Any, chunk: Any, less: Any, greatest: bool) -> tuple[Any, Any]:
        """The tile's sums of weights and weighted values, and what the scores were lowered by."""
        query = operands.queries(group, chunk, less)
        scores = tf.matmul(query, operands.key[group], transpose_b=True)  # (group, rows, keys)
        allowed = None
        if operands.pairs is not None:
            allowed = operands.pair_mask(group, chunk, tiling)
        if greatest:
            seen = scores if allowed is None else tf.where(allowed > 0, scores, _FAR_BELOW)
            less = tf.reduce_max(seen, axis=-1, keepdims=True)
            scores = tf.minimum(scores - less, 0)
        weights = tf.exp(scores)
        if allowed is not None:
            weights *= allowed
        return tf.matmul(weights, operands.value[group]), less

    def attend(tile: Any) -> tuple[Any, Any]:
        group, chunk = tile // tiling.chunks, tile % tiling.chunks
        bound = operands.bound[group, chunk]
        some = None if operands.some is None else operands.some[group, chunk]

        def sums(weighed: Any) -> Any:
            """Each query's sum of weights; 1 for one with nothing to attend to."""
            total = weighed[..., dim:]
            return total if some is None else tf.where(some, total, tf.ones_like(total))

        weighed, less = weigh(group, chunk, bound, greatest=False)
        weighed, less = tf.cond(
            tf.reduce_min(sums(weighed)) > _SMALLEST_SUM,
            lambda: (weighed, less),
            lambda: weigh(group, chunk, tf.zeros_like(bound), greatest=True),
        )
        output, log_sum = weighed[..., :dim] / sums(weighed), less + tf.math.log(sums(weighed))
        if some is not None:
            output = tf.where(some, output, tf.zeros_like(output))
            log_sum = tf.where(some, log_sum, tf.zeros_like(log_sum))
        return output, log_sum

    dtype = operands.query.dtype
    rows = tiling.rows if isinstance(tiling.rows, int) else None
    signature = tuple(tf.TensorSpec((tiling.group, rows, n), dtype) for n in (dim, 1))
    tiles = tf.range(tf.shape(operands.query)[0] * tiling.chunks)
    output, log_sum = tf.map_fn(
        attend, tiles, fn_output_signature=signature, parallel_iterations=_PARALLEL
    )
    return tiling.join(output), tiling.join(log_sum)


def _backward(
    operands: _Operands, tiling: _Tiling, output: Any, log_sum: Any, upstream: Any
) -> tuple[Any, Any, Any]:
    """The gradients by the scaled query, the key and the value."""
    key_dim, dim = operands.query.shape[-1], operands.value.shape[-1] - 1
    # What each query's weights sum to zero with, as a feature that meets the 1 beside the values.
    mean = tf.reduce_sum(upstream * output, axis=-1, keepdims=True)
    log_sums = tiling.cut(log_sum)
    upstreams = tiling.cut(tf.concat([upstream, -mean], axis=-1))

    def tile(group: Any, chunk: Any) -> tuple[Any, Any, Any]:
        key, value = operands.key[group], operands.value[group]
        by_output = upstreams[group, chunk]
        if operands.some is not None:
            by_output = tf.where(operands.some[group, chunk], by_output, tf.zeros_like(by_output))
        query = operands.queries(group, chunk, log_sums[group, chunk])
        # (group, keys, rows); rounding may lift a score above 0, but not far.
        scores = tf.matmul(key, query, transpose_b=True)
        if operands.pairs is not None:
            allowed = tf.linalg.matrix_transpose(operands.pair_mask(group, chunk, tiling))
            scores = tf.where(allowed > 0, scores, _FAR_BELOW)
        weights = tf.exp(scores)
        by_score = weights * tf.matmul(value, by_output, transpose_b=True)
        key = tf.linalg.matrix_transpose(key[..., :key_dim])
        by_query = tf.linalg.matrix_transpose(tf.matmul(key, by_score))
        by_key = tf.matmul(by_score, query[..., :key_dim])
        return by_query, by_key, tf.matmul(weights, by_output[..., :dim])

    dtype = operands.query.dtype
    rows, key_length = (n if isinstance(n, int) else None for n in (tiling.rows, tiling.key_length))
    by_query_of_tile = tf.TensorSpec((tiling.group, rows, key_dim), dtype)

    def head(group: Any) -> tuple[Any, Any, Any]:
        """A group's gradients: those of the keys are sums over its tiles."""
        if isinstance(tiling.chunks, int) and tiling.chunks == 1:
            by_query, by_key, by_value = tile(group, 0)
            return by_query[None], by_key, by_value

        def add(chunk: Any, by_key: Any, by_value: Any, by_query: Any) -> tuple[Any, ...]:
            own_query, own_key, own_value = tile(group, chunk)
            return (
                chunk + 1,
                by_key + own_key,
                by_value + own_value,
                by_query.write(chunk, own_query),
            )

        zeros = tf.zeros_like(operands.key[group][..., :key_dim])
        zero_values = tf.zeros_like(operands.value[group][..., :dim])
        parts = tf.TensorArray(dtype, tiling.chunks, element_shape=by_query_of_tile.shape)
        _, by_key, by_value, by_query = tf.while_loop(
            lambda chunk, *_: chunk < tiling.chunks,
            add,
            (0, zeros, zero_values, parts),
            parallel_iterations=1,
        )
        return by_query.stack(), by_key, by_value

    chunks = tiling.chunks if isinstance(tiling.chunks, int) else None
    signature = (
        tf.TensorSpec((chunks, *by_query_of_tile.shape), dtype),
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


def _least(x: Any, y: Any) -> Any:
    return min(x, y) if isinstance(x, int) and isinstance(y, int) else tf.minimum(x, y)


def _greatest(x: Any, y: Any) -> Any:
    return max(x, y) if isinstance(x, int) and isinstance(y, int) else tf.maximum(x, y)


def _size(x: Any, axis: int) -> Any:
    """The length of an axis: a number where it is known, a tensor where it isn't."""
    return tf.shape(x)[axis] if x.shape[axis] is None else x.shape[axis]
