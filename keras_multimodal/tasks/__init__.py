"""From a description of the record to a model."""

from keras_multimodal.tasks.attach_encoders import attach_encoders
from keras_multimodal.tasks.inputs import inputs

__all__ = ["attach_encoders", "inputs"]
