"""Trained models out of Keras: one SavedModel that takes raw inputs."""

from keras_multimodal.export.dry_run import check_export
from keras_multimodal.export.fresh_process import serve_in_fresh_process
from keras_multimodal.export.saved_models import saved_model

__all__ = ["check_export", "saved_model", "serve_in_fresh_process"]
