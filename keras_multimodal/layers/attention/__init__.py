"""Layers in which tokens attend to tokens."""

from keras_multimodal.layers.attention.bottleneck_fusion import BottleneckFusion
from keras_multimodal.layers.attention.cross_modal_attention import CrossModalAttention
from keras_multimodal.layers.attention.merged_attention import MergedAttention
from keras_multimodal.layers.attention.perceiver_resampler import PerceiverResampler
from keras_multimodal.layers.attention.q_former import QFormer

__all__ = [
    "BottleneckFusion",
    "CrossModalAttention",
    "MergedAttention",
    "PerceiverResampler",
    "QFormer",
]
