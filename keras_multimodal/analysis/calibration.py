"""How far probabilities are from what they say."""

from typing import Any

import numpy as np

from keras_multimodal.analysis._finite import check_finite

_ROUNDED = 1e-2  # how far half precision may be from 1


def expected_calibration_error(probabilities: Any, labels: Any, bins: int = 15) -> float:
    """Return the mean distance between how sure a classifier is and how often it is right.

    Rows are put into `bins` of equal width by the probability of the class that they are given.
    With `B_b` the rows of a bin and `n` all rows:

    `ECE = sum_b |B_b| / n |accuracy(B_b) - confidence(B_b)|`

    Args:
        probabilities: `(rows, classes)`.
        labels: The true class numbers, `(rows,)`.
        bins: How many bins, at least 1. Default 15.

    Returns:
        The error, in [0, 1]; 0 where of the rows with a probability of 0.8 four in five are right,
        and so on.

    Raises:
        ValueError: If there are no rows, the shapes do not fit each other, a probability is none
            in [0, 1], or `bins` is less than 1.

    Example:

    >>> sure = [[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.9, 0.1]]
    >>> round(expected_calibration_error(sure, [0, 0, 0, 1]), 3)  # right in three of four
    0.15

    Reference:
        Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 3.
    """
    rows, true = np.asarray(probabilities, "float64"), np.asarray(labels)
    if rows.ndim != 2 or not len(rows) or true.shape != rows.shape[:1]:
        raise ValueError(
            "`probabilities` must be (rows, classes) and `labels` (rows,), with rows. "
            f"Received: shapes {rows.shape} and {true.shape}"
        )
    check_finite(rows, "probabilities")
    if rows.min() < -_ROUNDED or rows.max() > 1 + _ROUNDED:
        raise ValueError(
            "`probabilities` must be in [0, 1], as a softmax makes them. "
            f"Received: numbers from {rows.min():g} to {rows.max():g}"
        )
    if bins < 1:
        raise ValueError(f"`bins` must be at least 1. Received: bins={bins}")
    confidence, right = rows.max(1), rows.argmax(1) == true
    # A probability on an edge belongs to the bin below it.
    places = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(places, right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(rows))
