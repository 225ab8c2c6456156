"""Which rows count in a metric, and how much."""

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
