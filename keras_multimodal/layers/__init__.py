"""Keras layers that bring modalities together, all aware of masks."""

from keras_multimodal.layers.attention import CrossModalAttention
from keras_multimodal.layers.embedding import SharedProjection
from keras_multimodal.layers.fusion import (
    ConcatFusion,
    FactorizedBilinearPooling,
    FiLM,
    GatedFusion,
    LowRankFusion,
    MaxFusion,
    MeanFusion,
    ModalityWeighting,
    MultiplicativeInteraction,
    MutanFusion,
    SqueezeExciteFusion,
    TensorFusion,
)
from keras_multimodal.layers.regularization import ModalityDropout

__all__ = [
    "ConcatFusion",
    "CrossModalAttention",
    "FactorizedBilinearPooling",
    "FiLM",
    "GatedFusion",
    "LowRankFusion",
    "MaxFusion",
    "MeanFusion",
    "ModalityDropout",
    "ModalityWeighting",
    "MultiplicativeInteraction",
    "MutanFusion",
    "SharedProjection",
    "SqueezeExciteFusion",
    "TensorFusion",
]
