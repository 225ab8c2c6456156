"""Trained models out of Keras: one SavedModel that takes raw inputs."""

from keras_multimodal.export.saved_model import saved_model
from keras_multimodal.export.serve_in_fresh_process import serve_in_fresh_process

__all__ = ["saved_model", "serve_in_fresh_process"]
