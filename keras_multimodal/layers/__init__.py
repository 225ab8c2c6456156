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
    "BottleneckFusion",
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
    "MergedAttention",
    "ModalityDropout",
    "ModalityWeighting",
    "MultiplicativeInteraction",
    "MutanFusion",
    "PerceiverResampler",
    "QFormer",
    "SharedProjection",
    "SqueezeExciteFusion",
    "TensorFusion",
]
