"""Losses that Keras has not."""

from keras_multimodal.losses.quantile_loss import QuantileLoss
from keras_multimodal.losses.smoothed_crossentropy import SmoothedCrossentropy
from keras_multimodal.losses.standardized_error import StandardizedError

__all__ = ["QuantileLoss", "SmoothedCrossentropy", "StandardizedError"]
