"""Where a right item stands, in the median."""

from typing import Any

from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.metrics._rank_metric import RankMetric
from keras_multimodal.types import Tensor


@register
class MedianRank(RankMetric):
    """The median of the ranks that right items have among those of the batch, from 1.

    Each tower asks for each other one. With all rows in one batch it is what
    `analysis.retrieval_scores` says of both directions together.

    Args:
        max_rank: The last rank that is told from those after it, at least 1. Default 1000.
        name: The metric's name. Default `"median_rank"`.
        **kwargs: `dtype`, as for every Keras metric.

    Call arguments:
        y_true: Which parts are the same, `(batch, towers)`, as `data.pair(match=...)` makes it;
            below 0 where a row lacks the part, which is then left out.
        y_pred: What a model of `tasks.retriever` returns: `(batch, towers, dim + 2)`.
        sample_weight: The weight of each row, `(batch,)`; 0 leaves it out, and any other counts 1.

    Raises:
        ValueError: If `max_rank` is less than 1.

    Example:

    >>> import numpy as np
    >>> metric = MedianRank()
    >>> vectors = np.array([[[1, 0, 1, 0], [1, 0, 1, 0]], [[0, 1, 1, 0], [1, 0, 1, 0]]], "float32")
    >>> metric.update_state(np.array([[0, 0], [1, 1]]), vectors)
    >>> float(metric.result())
    2.0
    """

    def __init__(self, max_rank: int = 1000, name: str = "median_rank", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        if max_rank < 1:
            raise ValueError(f"`max_rank` must be at least 1. Received: max_rank={max_rank}")
        self.max_rank = max_rank
        self._counts = self.add_variable((max_rank,), initializer="zeros", name="counts")

    def count(self, ranks: Tensor, asked: Tensor) -> None:
        """Count the queries of each rank."""
        places = ops.minimum(ranks, self.max_rank) - 1
        counts = ops.sum(ops.one_hot(places, self.max_rank) * asked[:, None], axis=0)
        self._counts.assign_add(ops.cast(counts, self._counts.dtype))

    def result(self) -> Tensor:
        """Return the median, of an even number the mean of the two in the middle; or 0."""
        until = ops.cumsum(ops.cast(self._counts, "float32"))  # queries up to each rank
        total = until[-1]
        middle = [
            1.0 + ops.sum(ops.cast(until <= ops.floor((total - less) / 2), "float32"))
            for less in (1.0, 0.0)
        ]
        median = ops.where(total > 0, (middle[0] + middle[1]) / 2, 0.0)
        return ops.where(ops.isnan(total), total, median)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "max_rank": self.max_rank}
