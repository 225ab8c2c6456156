"""Keras layers that bring modalities together, all aware of masks."""

from keras_multimodal.layers.attention import (
    BottleneckFusion,
    CrossModalAttention,
    MergedAttention,
    PerceiverResampler,
    QFormer,
)
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
    "BottleneckFusion",
    "ConcatFusion",
    "CrossModalAttention",
    "GatedFusion",
    "LowRankFusion",
    "MaxFusion",
    "MeanFusion",
    "MergedAttention",
    "ModalityDropout",
    "ModalityWeighting",
    "PerceiverResampler",
    "QFormer",
    "SharedProjection",
]
