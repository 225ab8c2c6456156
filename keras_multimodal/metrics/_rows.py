"""Which rows count in a metric, and how much."""

import math

from keras import ops

from keras_multimodal.types import Tensor


def row_weights(labels: Tensor, outputs: Tensor, sample_weight: Tensor) -> Tensor:
    """Return the weight of each row, `(batch,)` float32.

    Args:
        labels: `(batch,)` whole numbers; below 0 for a row without a label, of weight 0.
        outputs: What the model returned, with or without a Keras mask `(batch,)`.
        sample_weight: `(batch,)` or `(batch, 1)`, or None.
    """
    weights = ops.cast(labels >= 0, "float32")
    mask = getattr(outputs, "_keras_mask", None)
    if mask is not None:
        weights = weights * ops.cast(mask, "float32")
    if sample_weight is not None:
        weights = weights * ops.reshape(ops.cast(sample_weight, "float32"), (-1,))
    return weights


def finite_or_nan(outputs: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return what a metric can count, and weights that make it NaN if a row cannot be counted.

    A graph cannot raise an error. Compared with NaN everything is no worse than the right answer,
    so that a model that has diverged would be perfect. Rows that do not count may hold anything.

    Args:
        outputs: `(batch, ...)` numbers.
        weights: `(batch,)` float32, 0 for rows that do not count.

    Returns:
        `outputs`, zeros in the place of NaN and infinity, and the weights: NaN in rows that count
        and had one.
    """
    finite = ops.isfinite(outputs)
    whole = ops.all(finite, axis=tuple(range(1, len(outputs.shape))))
    lost = ops.logical_and(weights != 0, ops.logical_not(whole))
    return (
        ops.where(finite, outputs, ops.zeros_like(outputs)),
        ops.where(lost, math.nan, weights),
    )
