"""How often a right item is among the first."""

from typing import Any

from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.metrics._rank_metric import RankMetric
from keras_multimodal.types import Tensor


@register
class RecallAtK(RankMetric):
    """The share of queries of which a right item is among the `k` most similar of the batch.

    Each tower asks for each other one. The items are those of the batch, so that a larger batch
    makes a lower share; with all rows in one batch it is what `analysis.retrieval_scores` says.

    Args:
        k: How many items are looked at. Default 10.
        name: The metric's name. Default `None`: `"recall_at_<k>"`.
        **kwargs: `dtype`, as for every Keras metric.

    Call arguments:
        y_true: Which parts are the same, `(batch, towers)`, as `data.pair(match=...)` makes it;
            below 0 where a row lacks the part, which is then left out.
        y_pred: What a model of `tasks.retriever` returns: `(batch, towers, dim + 2)`.
        sample_weight: The weight of each row, `(batch,)`; 0 leaves it out, and any other counts 1.

    Raises:
        ValueError: If `k` is less than 1.

    Example:

    >>> import numpy as np
    >>> metric = RecallAtK(k=1)
    >>> vectors = np.array([[[1, 0, 1, 0], [1, 0, 1, 0]], [[0, 1, 1, 0], [1, 0, 1, 0]]], "float32")
    >>> metric.update_state(np.array([[0, 0], [1, 1]]), vectors)
    >>> float(metric.result())
    0.25
    """

    def __init__(self, k: int = 10, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name or f"recall_at_{k}", **kwargs)
        if k < 1:
            raise ValueError(f"`k` must be at least 1. Received: k={k}")
        self.k = k
        self._found = self.add_variable((), initializer="zeros", name="found")
        self._total = self.add_variable((), initializer="zeros", name="total")

    def count(self, ranks: Tensor, asked: Tensor) -> None:
        """Count the queries, and those whose right item is among the first."""
        found = ops.sum(asked * ops.cast(ranks <= self.k, "float32"))
        self._found.assign_add(ops.cast(found, self._found.dtype))
        self._total.assign_add(ops.cast(ops.sum(asked), self._total.dtype))

    def result(self) -> Tensor:
        """Return the share; 0 if nothing was asked."""
        return self._found / ops.maximum(self._total, 1.0)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "k": self.k}
