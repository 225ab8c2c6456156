"""Keras layers that bring modalities together, all aware of masks."""

from keras_multimodal.layers.attention import CrossModalAttention
from keras_multimodal.layers.embedding import SharedProjection
from keras_multimodal.layers.fusion import (
    AnchoredFusion,
    ConcatFusion,
    GatedFusion,
    LowRankFusion,
    MaxFusion,
    MeanFusion,
    ModalityWeighting,
    PooledFusion,
)
from keras_multimodal.layers.regularization import ModalityDropout

__all__ = [
    "AnchoredFusion",
    "ConcatFusion",
    "CrossModalAttention",
    "GatedFusion",
    "LowRankFusion",
    "MaxFusion",
    "MeanFusion",
    "ModalityDropout",
    "ModalityWeighting",
    "PooledFusion",
    "SharedProjection",
]
