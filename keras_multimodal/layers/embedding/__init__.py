"""Layers that bring modalities into one space."""

from keras_multimodal.layers.embedding.modality_specific_shared import ModalitySpecificShared
from keras_multimodal.layers.embedding.shared_projection import SharedProjection

__all__ = [
    "ModalitySpecificShared",
    "SharedProjection",
]
