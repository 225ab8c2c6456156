"""How well what belongs together is found."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_multimodal.analysis._finite import check_finite

_AT_ONCE = 1024


def retrieval_scores(
    queries: Any,
    items: Any,
    query_parts: Any = None,
    item_parts: Any = None,
    at: Sequence[int] = (1, 5, 10),
) -> dict[str, float]:
    """Score how row `i` of the queries finds row `i` of the items: recall at `k`, median rank.

    Items are ranked by the dot product of the vectors. Rows that are the same count once: the rank
    is that among different items, and of several right ones the best counts. One as like as the
    right one comes before it, so that vectors that are all the same find nothing.

    Args:
        queries: `(rows, dim)` vectors.
        items: `(rows, dim)` vectors.
        query_parts: `(rows,)` integers: the same number for the same query, such as a name that two
            pictures have, and -1 where a row has none, which then does not count. By default all
            are different.
        item_parts: The same of the items.
        at: The `k`s. Default `(1, 5, 10)`.

    Returns:
        `"recall@k"` for each `k`: the share of the queries of which a right item is among the `k`
        most like; `"chance@k"`: what guessing would give; `"median_rank"`, 1 at best; `"queries"`
        and `"items"`: how many different ones there are.

    Raises:
        ValueError: If the shapes do not fit each other, no row has both parts, a vector of one that
            has is not finite, or a `k` is less than 1.

    Example:

    >>> scores = retrieval_scores([[1, 0], [0, 1]], [[0.9, 0.1], [0.2, 0.8]])
    >>> scores["recall@1"], scores["median_rank"]
    (1.0, 1.0)
    """
    vectors = [np.asarray(each, "float64") for each in (queries, items)]
    parts = [
        np.arange(len(vectors[0])) if each is None else np.asarray(each)
        for each in (query_parts, item_parts)
    ]
    if (
        vectors[0].ndim != 2
        or vectors[0].shape != vectors[1].shape
        or any(each.shape != vectors[0].shape[:1] for each in parts)
    ):
        raise ValueError(
            "`queries` and `items` must be (rows, dim), `query_parts` and `item_parts` (rows,). "
            f"Received: shapes {[each.shape for each in vectors]} and "
            f"{[each.shape for each in parts]}"
        )
    if not at or min(at) < 1:
        raise ValueError(f"`at` must be numbers of at least 1. Received: at={tuple(at)}")
    rows = np.flatnonzero((parts[0] >= 0) & (parts[1] >= 0))
    if not len(rows):
        raise ValueError("`queries` and `items` must have a row in common. Received: none")
    for argument, each in zip(("queries", "items"), vectors, strict=True):
        counted = np.zeros_like(each)  # a row that does not count may hold anything
        counted[rows] = each[rows]
        check_finite(counted, argument)
    numbers = [each[rows] for each in parts]
    # Items once each, and which of them are right for each query.
    _, first, place = np.unique(numbers[1], return_index=True, return_inverse=True)
    gallery = vectors[1][rows][first]  # (items, dim)
    order = np.argsort(numbers[0], kind="stable")
    _, starts = np.unique(numbers[0][order], return_index=True)
    asked = order[starts]
    right = [np.unique(each) for each in np.split(place[order], starts[1:])]
    ranks = np.empty(len(asked))
    for start in range(0, len(asked), _AT_ONCE):
        chosen = slice(start, start + _AT_ONCE)
        scores = vectors[0][rows][asked[chosen]] @ gallery.T  # (queries, items)
        for offset, score in enumerate(scores):
            targets = right[start + offset]
            others = np.delete(score, targets)
            ranks[start + offset] = 1 + (others >= score[targets].max()).sum()
    count = len(gallery)
    found = {f"recall@{k}": float((ranks <= k).mean()) for k in at}
    return {
        **found,
        **{f"chance@{k}": _chance(count, [len(each) for each in right], k) for k in at},
        "median_rank": float(np.median(ranks)),
        "queries": float(len(asked)),
        "items": float(count),
    }


def _chance(count: int, right: Sequence[int], k: int) -> float:
    """Return the mean probability that one of the right items is among `k` drawn of `count`."""
    drawn = min(k, count)
    missed = []
    for count_right in right:
        left = np.arange(drawn)
        missed.append(np.prod(np.clip((count - count_right - left) / (count - left), 0, None)))
    return float(1 - np.mean(missed))
