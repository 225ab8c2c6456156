"""Layers in which tokens attend to tokens."""

from keras_multimodal.layers.attention.cross_modal_attention import CrossModalAttention

__all__ = ["CrossModalAttention"]
