"""Keras layers that bring modalities together, all aware of masks."""

from keras_multimodal.layers.attention import (
    BottleneckFusion,
    CoAttention,
    CrossModalAttention,
    CrossModalTransformer,
    GatedCrossAttention,
    MergedAttention,
    PerceiverResampler,
    QFormer,
)
from keras_multimodal.layers.embedding import (
    ModalitySpecificShared,
    SharedProjection,
)
from keras_multimodal.layers.fusion import (
    ConcatFusion,
    DeepSetFusion,
    FactorizedBilinearPooling,
    FiLM,
    GatedFusion,
    LogitFusion,
    LowRankFusion,
    MaxFusion,
    MeanFusion,
    MixtureOfExpertsFusion,
    ModalityWeighting,
    MultimodalAdaptationGate,
    MultiplicativeInteraction,
    MutanFusion,
    ProductOfExperts,
    SqueezeExciteFusion,
    TensorFusion,
)
from keras_multimodal.layers.regularization import (
    ModalityDropout,
)

__all__ = [
    "BottleneckFusion",
    "CoAttention",
    "ConcatFusion",
    "CrossModalAttention",
    "CrossModalTransformer",
    "DeepSetFusion",
    "FactorizedBilinearPooling",
    "FiLM",
    "GatedCrossAttention",
    "GatedFusion",
    "LogitFusion",
    "LowRankFusion",
    "MaxFusion",
    "MeanFusion",
    "MergedAttention",
    "MixtureOfExpertsFusion",
    "ModalityDropout",
    "ModalitySpecificShared",
    "ModalityWeighting",
    "MultimodalAdaptationGate",
    "MultiplicativeInteraction",
    "MutanFusion",
    "PerceiverResampler",
    "ProductOfExperts",
    "QFormer",
    "SharedProjection",
    "SqueezeExciteFusion",
    "TensorFusion",
]
