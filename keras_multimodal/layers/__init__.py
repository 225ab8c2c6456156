"""Keras layers that bring modalities together, all aware of masks."""

from keras_multimodal.layers.attention import (
    CoAttention,
    CrossModalAttention,
    CrossModalTransformer,
    GatedCrossAttention,
)
from keras_multimodal.layers.embedding import (
    SharedProjection,
)
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
from keras_multimodal.layers.regularization import (
    ModalityDropout,
)

__all__ = [
    "CoAttention",
    "ConcatFusion",
    "CrossModalAttention",
    "CrossModalTransformer",
    "FactorizedBilinearPooling",
    "FiLM",
    "GatedCrossAttention",
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
