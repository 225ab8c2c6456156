"""Trained models out of Keras: one SavedModel that takes raw inputs."""

from keras_multimodal.export.saved_model import saved_model

__all__ = ["saved_model"]
