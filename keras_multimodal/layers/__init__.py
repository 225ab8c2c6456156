"""Keras layers that bring modalities together, all aware of masks."""

from keras_multimodal.layers.attention import CrossModalAttention
from keras_multimodal.layers.embedding import ModalitySpecificShared, SharedProjection
from keras_multimodal.layers.fusion import (
    ConcatFusion,
    DeepSetFusion,
    GatedFusion,
    LogitFusion,
    LowRankFusion,
    MaxFusion,
    MeanFusion,
    MixtureOfExpertsFusion,
    ModalityWeighting,
    MultimodalAdaptationGate,
    ProductOfExperts,
)
from keras_multimodal.layers.regularization import ModalityDropout

__all__ = [
    "ConcatFusion",
    "CrossModalAttention",
    "DeepSetFusion",
    "GatedFusion",
    "LogitFusion",
    "LowRankFusion",
    "MaxFusion",
    "MeanFusion",
    "MixtureOfExpertsFusion",
    "ModalityDropout",
    "ModalitySpecificShared",
    "ModalityWeighting",
    "MultimodalAdaptationGate",
    "ProductOfExperts",
    "SharedProjection",
]
