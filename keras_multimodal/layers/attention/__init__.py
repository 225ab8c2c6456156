"""Layers in which tokens attend to tokens."""

from keras_multimodal.layers.attention.co_attention import CoAttention
from keras_multimodal.layers.attention.cross_modal_attention import CrossModalAttention
from keras_multimodal.layers.attention.cross_modal_transformer import CrossModalTransformer
from keras_multimodal.layers.attention.gated_cross_attention import GatedCrossAttention

__all__ = [
    "CoAttention",
    "CrossModalAttention",
    "CrossModalTransformer",
    "GatedCrossAttention",
]
