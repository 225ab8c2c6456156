"""What is asked of the parts of modalities that are alike, and of those that aren't."""

from typing import Any

from keras import ops

from keras_multimodal.layers._norm import norm
from keras_multimodal.ops import l2_normalize, zero_masked
from keras_multimodal.types import Tensor

_ORDERS = 5


def mean_of_rows(x: Tensor, rows: Any) -> Tensor:
    """Return the mean of the rows that count, `(1, dim)`; zeros where none does.

    Args:
        x: Vectors `(batch, dim)` in float32 at least.
        rows: The rows that count, boolean `(batch,)`.
    """
    count = ops.maximum(ops.sum(ops.cast(rows, x.dtype)), 1.0)
    return ops.sum(zero_masked(x, rows), axis=0, keepdims=True) / count


def overlap(x: Tensor, y: Tensor, rows: Any) -> Tensor:
    """Return how far from orthogonal two parts are, in [0, 1]: `|X^T Y|^2 / rows^2`.

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


def central_moments(x: Tensor, rows: Any) -> Tensor:
    """Return the mean and the central moments of the orders 2 to 5 of each feature, `(5, dim)`.

    Args:
        x: Vectors `(batch, dim)` in float32 at least.
        rows: The rows that count, boolean `(batch,)`.
    """
    mean = mean_of_rows(x, rows)
    centred = x - mean
    higher = [mean_of_rows(centred**order, rows) for order in range(2, _ORDERS + 1)]
    return ops.concatenate([mean, *higher], axis=0)


def moment_discrepancy(x: Tensor, y: Tensor, both: Any) -> Any:
    """Return the central moment discrepancy, of order 5, of two distributions on [0, 1].

    `sum_k |x_k - y_k|`, `|...|` the length of a vector of features.

    Args:
        x: What `central_moments` returned of the one.
        y: The same of the other.
        both: Whether both have a row that counts, a boolean scalar; otherwise the result is 0.
    """
    total = ops.sum(norm(x - y))
    return ops.where(both, total, ops.zeros_like(total))
