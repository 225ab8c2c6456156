"""How far a measured accuracy can be trusted."""

import math
import statistics


def accuracy_interval(correct: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval for a proportion, such as an accuracy on test rows.

    With `p = correct / total`, `n = total` and `z` the normal quantile of the confidence:

    `(p + z^2 / 2n ± z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)`

    Unlike `p ± z sqrt(p (1 - p) / n)` it stays within [0, 1], and is right for few rows and for
    accuracies near 0 or 1.

    Args:
        correct: How many rows are right.
        total: How many rows there are, at least 1.
        confidence: Share of such intervals that hold the true accuracy, in (0, 1). Default 0.95.

    Returns:
        The lower and the upper end, in [0, 1].

    Raises:
        ValueError: If a number is out of its range.

    Example:

    >>> [round(end, 3) for end in accuracy_interval(8, 10)]
    [0.49, 0.943]

    Reference:
        Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.
    """
    if not 1 <= total < math.inf or not 0 <= correct <= total:
        raise ValueError(
            "`correct` must be in [0, total], and `total` at least 1 and finite. "
            f"Received: correct={correct}, total={total}"
        )
    if not 0 < confidence < 1:
        raise ValueError(f"`confidence` must be in (0, 1). Received: confidence={confidence}")
    z = statistics.NormalDist().inv_cdf((1 + confidence) / 2)
    share = correct / total
    center = share + z * z / (2 * total)
    reach = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    low, high = (center - reach) / scale, (center + reach) / scale
    # Where all or none are right, rounding would leave [0, 1] or the share itself by a hair.
    return max(0.0, min(low, share)), min(1.0, max(high, share))
