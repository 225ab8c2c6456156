"""Layers that make one thing of several modalities."""

from keras_multimodal.layers.fusion.modality_weighting import ModalityWeighting

__all__ = ["ModalityWeighting"]
