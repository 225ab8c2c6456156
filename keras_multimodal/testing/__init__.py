"""Checks for anyone who writes a layer against this package."""

from keras_multimodal.testing.layer_conformance import run_layer_conformance

__all__ = ["run_layer_conformance"]
