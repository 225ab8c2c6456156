"""How well each class is found: precision and recall in one number."""

import numpy as np


def f1_scores(confusion: np.ndarray) -> np.ndarray:
    """Return the F1 score of each class, `2 tp / (2 tp + fp + fn)`.

    Where classes are of very different size it says more than the accuracy, which the largest
    class decides. Its mean over the classes is the macro F1 score.

    Args:
        confusion: Counts `(classes, classes)`, true classes down; see `confusion_matrix`.

    Returns:
        The scores `(classes,)`, float64 in [0, 1]. NaN for a class that no row has, and that none
        is taken for.

    Raises:
        ValueError: If `confusion` is not a square of counts.

    Example:

    >>> f1_scores([[8, 2], [0, 10]]).round(3)
    array([0.889, 0.909])

    Reference:
        Van Rijsbergen, "Information Retrieval", 1979, chapter 7.
    """
    counts = np.asarray(confusion, dtype="float64")
    if (
        counts.ndim != 2
        or counts.shape[0] != counts.shape[1]
        or not (np.isfinite(counts) & (counts >= 0)).all()
    ):
        raise ValueError(
            "`confusion` must have counts of shape (classes, classes). "
            f"Received: shape {counts.shape}, {confusion}"
        )
    concerned = counts.sum(axis=0) + counts.sum(axis=1)
    scores = np.full(len(counts), np.nan)
    np.divide(2 * counts.diagonal(), concerned, out=scores, where=concerned > 0)
    return scores
