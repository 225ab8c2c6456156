"""Learned vectors that stand for the modalities that a row doesn't have."""

from typing import Any

import keras
from keras import ops

from keras_multimodal.layers._initializers import clone_initializer
from keras_multimodal.layers._modalities import Name, part_name
from keras_multimodal.types import Initializer, Tensor


def add_absent_vectors(
    layer: keras.layers.Layer, widths: dict[Name, int], initializer: Initializer = "zeros"
) -> list[Any]:
    """Give `layer` a weight for each modality, of the modality's width."""
    return [
        layer.add_weight(
            name=f"absent_{part_name(name)}",
            shape=(width,),
            initializer=clone_initializer(initializer),
        )
        for name, width in widths.items()
    ]


def side_by_side(vectors: list[Any], present: list[Any], absent: list[Any]) -> Tensor:
    """Return the modalities' vectors, or what stands for them, as one vector.

    Args:
        vectors: Each modality's `(batch, dim)`.
        present: Each modality's boolean `(batch,)`; None where it is always there.
        absent: What `add_absent_vectors` returned.

    Returns:
        Vectors `(batch, sum of the widths)`.
    """
    parts = []
    for vector, flag, stand_in in zip(vectors, present, absent, strict=True):
        if flag is None:
            # Keras warns of a weight without any gradient; this one's is zero.
            flag = ops.ones_like(vector[..., 0], dtype="bool")
        stand_in = ops.cast(stand_in, vector.dtype)
        parts.append(ops.where(ops.expand_dims(flag, -1), vector, stand_in))
    return ops.concatenate(parts, axis=-1)
