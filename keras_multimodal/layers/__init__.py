"""Keras layers that bring modalities together, all aware of masks."""

from keras_multimodal.layers.attention import CrossModalAttention
from keras_multimodal.layers.embedding import SharedProjection
from keras_multimodal.layers.fusion import (
    ConcatFusion,
    GatedFusion,
    LowRankFusion,
    MaxFusion,
    MeanFusion,
    ModalityWeighting,
)
from keras_multimodal.layers.regularization import ModalityDropout

__all__ = [
    "ConcatFusion",
    "CrossModalAttention",
    "GatedFusion",
    "LowRankFusion",
    "MaxFusion",
    "MeanFusion",
    "ModalityDropout",
    "ModalityWeighting",
    "SharedProjection",
]
