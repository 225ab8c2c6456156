"""What is asked of the parts of modalities that are alike, and of those that aren't."""

from typing import Any

from keras import ops

from keras_multimodal.layers._norm import norm
from keras_multimodal.ops import l2_normalize, zero_masked

_ORDERS = 5


def mean_of_rows(x: Any, rows: Any) -> Any:
    """The mean of the rows that count, `(1, dim)`; zeros where none does.

    Args:
        x: Vectors `(batch, dim)` in float32 at least.
        rows: The rows that count, boolean `(batch,)`.
    """
    count = ops.maximum(ops.sum(ops.cast(rows, x.dtype)), 1.0)
    return ops.sum(zero_masked(x, rows), axis=0, keepdims=True) / count


def overlap(x: Any, y: Any, rows: Any) -> Any:
    """How far from orthogonal two parts are, in [0, 1]: `|X^T Y|^2 / rows^2`.

    The rows of `X` and `Y` are those of `x` and `y` less their mean, each of length one; `|...|` is
    the Frobenius norm.

    Args:
        x: Vectors `(batch, dim)`.
        y: Vectors `(batch, dim)`.
        rows: The rows that have both, boolean `(batch,)`.
    """
    x, y = (l2_normalize(zero_masked(z - mean_of_rows(z, rows), rows)) for z in (x, y))
    count = ops.maximum(ops.sum(ops.cast(rows, x.dtype)), 1.0)
    return ops.sum(ops.square(ops.matmul(ops.transpose(x), y) / count))


def moment_discrepancy(x: Any, x_rows: Any, y: Any, y_rows: Any) -> Any:
    """How different two distributions on [0, 1] are: the central moment discrepancy of order 5.

    `|mean(x) - mean(y)| + sum_k |C_k(x) - C_k(y)|`, `k = 2 ... 5`, `C_k` the central moments of
    each feature; 0 where one of the two has no row.

    Args:
        x: Vectors `(batch, dim)`.
        x_rows: The rows of `x` that count, boolean `(batch,)`.
        y: Vectors `(batch, dim)`.
        y_rows: The rows of `y` that count.
    """
    x_mean, y_mean = mean_of_rows(x, x_rows), mean_of_rows(y, y_rows)
    total = norm(x_mean - y_mean)
    for order in range(2, _ORDERS + 1):
        x_moment = mean_of_rows((x - x_mean) ** order, x_rows)
        y_moment = mean_of_rows((y - y_mean) ** order, y_rows)
        total = total + norm(x_moment - y_moment)
    both = ops.logical_and(ops.any(x_rows), ops.any(y_rows))
    return ops.sum(ops.where(both, total, ops.zeros_like(total)))
