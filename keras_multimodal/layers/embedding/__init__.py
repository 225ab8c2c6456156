"""Layers that bring modalities into one space."""

from keras_multimodal.layers.embedding.shared_projection import SharedProjection

__all__ = [
    "SharedProjection",
]
