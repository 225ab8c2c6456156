"""Layers in which tokens attend to tokens."""

from keras_multimodal.layers.attention.bottleneck_fusion import BottleneckFusion
from keras_multimodal.layers.attention.co_attention import CoAttention
from keras_multimodal.layers.attention.cross_modal_attention import CrossModalAttention
from keras_multimodal.layers.attention.cross_modal_transformer import CrossModalTransformer
from keras_multimodal.layers.attention.gated_cross_attention import GatedCrossAttention
from keras_multimodal.layers.attention.merged_attention import MergedAttention
from keras_multimodal.layers.attention.perceiver_resampler import PerceiverResampler
from keras_multimodal.layers.attention.q_former import QFormer

__all__ = [
    "BottleneckFusion",
    "CoAttention",
    "CrossModalAttention",
    "CrossModalTransformer",
    "GatedCrossAttention",
    "MergedAttention",
    "PerceiverResampler",
    "QFormer",
]
