"""Keras layers that bring modalities together, all aware of masks."""

from keras_multimodal.layers.attention import CrossModalAttention
from keras_multimodal.layers.embedding import (
    AbsentToken,
    ModalityEmbedding,
    PositionEmbedding,
    SharedProjection,
    TimeEmbedding,
)
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
from keras_multimodal.layers.pooling import (
    AttentionPooling,
    GeneralizedMeanPooling,
    MaskedMaxPooling,
    MaskedMeanPooling,
)
from keras_multimodal.layers.regularization import ModalityDropout

__all__ = [
    "AbsentToken",
    "AnchoredFusion",
    "AttentionPooling",
    "ConcatFusion",
    "CrossModalAttention",
    "GatedFusion",
    "GeneralizedMeanPooling",
    "LowRankFusion",
    "MaskedMaxPooling",
    "MaskedMeanPooling",
    "MaxFusion",
    "MeanFusion",
    "ModalityDropout",
    "ModalityEmbedding",
    "ModalityWeighting",
    "PooledFusion",
    "PositionEmbedding",
    "SharedProjection",
    "TimeEmbedding",
]
