"""Layers that make one vector of a row's tokens."""

from keras_multimodal.layers.pooling.attention_pooling import AttentionPooling
from keras_multimodal.layers.pooling.first_token_pooling import FirstTokenPooling
from keras_multimodal.layers.pooling.generalized_mean_pooling import GeneralizedMeanPooling
from keras_multimodal.layers.pooling.masked_max_pooling import MaskedMaxPooling
from keras_multimodal.layers.pooling.masked_mean_pooling import MaskedMeanPooling

__all__ = [
    "AttentionPooling",
    "FirstTokenPooling",
    "GeneralizedMeanPooling",
    "MaskedMaxPooling",
    "MaskedMeanPooling",
]
