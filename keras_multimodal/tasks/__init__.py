"""From a description of the record to a model."""

from keras_multimodal.tasks.inputs import inputs

__all__ = ["inputs"]
