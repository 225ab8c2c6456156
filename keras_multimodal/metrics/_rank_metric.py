"""What the metrics of retrieval have in common."""

import itertools
import math
from typing import Any

import keras
from keras import ops

from keras_multimodal.losses._contrastive import EXTRAS
from keras_multimodal.metrics._rows import finite_or_nan, row_weights
from keras_multimodal.types import Tensor


class RankMetric(keras.metrics.Metric):
    """Base of metrics of the ranks that right items have among those of their batch."""

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:
        """Count the queries of a batch; see the class."""
        y_pred = ops.convert_to_tensor(y_pred)
        parts = ops.cast(y_true, "int32")  # (batch, towers)
        vectors = ops.cast(y_pred[..., :-EXTRAS], "float32")
        for query, item in itertools.permutations(range(y_pred.shape[1]), 2):
            there = ops.minimum(parts[:, query], parts[:, item])
            counts = row_weights(there, y_pred, sample_weight) > 0
            pair = ops.stack([vectors[:, query], vectors[:, item]], axis=1)
            pair, weights = finite_or_nan(pair, ops.cast(counts, "float32"))
            ranks, asked = batch_ranks(
                pair[:, 0], pair[:, 1], parts[:, query], parts[:, item], counts
            )
            # One item that cannot be compared makes every rank uncertain.
            lost = ops.any(ops.isnan(weights))
            self.count(ranks, ops.where(lost, math.nan, ops.cast(asked, "float32")))

    def count(self, ranks: Tensor, asked: Tensor) -> None:
        """Add the queries of a batch.

        Args:
            ranks: `(batch,)` int32, from 1.
            asked: `(batch,)` float32, 1 for the rows that are queries, each once; NaN where a row
                that counts cannot be compared.
        """
        raise NotImplementedError


def batch_ranks(
    queries: Tensor, items: Tensor, query_parts: Tensor, item_parts: Tensor, counts: Tensor
) -> tuple[Any, Any]:
    """Return the rank of the best right item of each query, and which rows are queries.

    Items are those of the batch, each once; what is as similar as the right one stands before it.

    Args:
        queries: `(batch, dim)` float32.
        items: `(batch, dim)` float32.
        query_parts: `(batch,)` int32: queries of one number are the same.
        item_parts: `(batch,)` int32: items of one number are the same.
        counts: `(batch,)` bool: the rows that have both.

    Returns:
        Ranks `(batch,)` int32 from 1, and `(batch,)` bool: the first row of each query.
    """
    pairs = ops.logical_and(counts[:, None], counts[None, :])  # (batch, batch)
    same_query, same_item = (
        ops.logical_and(parts[:, None] == parts[None, :], pairs)
        for parts in (query_parts, item_parts)
    )
    # An item is right if it stands in a row of the same query.
    right = ops.matmul(ops.cast(same_query, "float32"), ops.cast(same_item, "float32")) > 0
    scores = ops.matmul(queries, ops.transpose(items))
    lowest = ops.cast(-3e38, scores.dtype)
    best = ops.max(ops.where(right, scores, lowest), axis=1, keepdims=True)
    wrong = ops.logical_and(_first(same_item, counts)[None, :], ops.logical_not(right))
    before = ops.logical_and(wrong, scores >= best)
    return 1 + ops.sum(ops.cast(before, "int32"), axis=1), _first(same_query, counts)


def _first(same: Tensor, counts: Tensor) -> Tensor:
    """Return the rows that count and are like no earlier one, `(batch,)` bool."""
    earlier = ops.tril(ops.cast(same, "int32"), k=-1)
    return ops.logical_and(counts, ops.sum(earlier, axis=1) == 0)
