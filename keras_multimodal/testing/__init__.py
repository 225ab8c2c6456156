"""Checks for anyone who writes a layer or a modality against this package."""

from keras_multimodal.testing.layer_conformance import run_layer_conformance
from keras_multimodal.testing.modality_conformance import run_modality_conformance

__all__ = ["run_layer_conformance", "run_modality_conformance"]
