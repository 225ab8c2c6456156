"""Layers that act in training only."""

from keras_multimodal.layers.regularization.modality_dropout import ModalityDropout

__all__ = [
    "ModalityDropout",
]
