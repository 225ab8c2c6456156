"""Batch normalization with the statistics of what is there."""

from typing import Any

import keras
from keras import ops

from keras_multimodal.types import Mask, Tensor


def batch_normalization(policy: Any) -> keras.layers.BatchNormalization:
    """Return the encoders' batch normalization: its averages follow the last ten batches or so."""
    return keras.layers.BatchNormalization(momentum=0.9, dtype=policy)


def normalize(
    layer: keras.layers.BatchNormalization, x: Tensor, there: Mask, training: bool | None
) -> Tensor:
    """Return `layer(x)`, whose statistics leave out what isn't there.

    Args:
        layer: The layer.
        x: Features, the channels last.
        there: Boolean that broadcasts against `x` without its last axis; None where all is there.
        training: Whether the statistics are those of the batch.
    """
    if there is None:
        return layer(x, training=training)
    places = ops.logical_and(ops.ones_like(x[..., 0], dtype="bool"), there)
    before = [
        ops.copy(ops.convert_to_tensor(variable)) for variable in layer.non_trainable_variables
    ]
    x = layer(x, training=training, mask=places)
    if training:
        # A batch without anything has nothing to say: a mean and a variance of zero.
        some = ops.any(there)
        for variable, value in zip(layer.non_trainable_variables, before, strict=True):
            variable.assign(ops.where(some, ops.convert_to_tensor(variable), value))
    return x
