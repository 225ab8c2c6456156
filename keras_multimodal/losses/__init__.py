"""Losses that Keras has not."""

from keras_multimodal.losses.info_nce import InfoNCE
from keras_multimodal.losses.quantile_loss import QuantileLoss
from keras_multimodal.losses.sig_lip import SigLIP
from keras_multimodal.losses.smoothed_crossentropy import SmoothedCrossentropy
from keras_multimodal.losses.standardized_error import StandardizedError
from keras_multimodal.losses.uncertainty_loss import UncertaintyLoss

__all__ = [
    "InfoNCE",
    "QuantileLoss",
    "SigLIP",
    "SmoothedCrossentropy",
    "StandardizedError",
    "UncertaintyLoss",
]
