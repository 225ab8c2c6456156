"""Pure functions on tensors, all aware of masks; `keras.ops` only."""

from keras_multimodal.ops.attention import masked_attention
from keras_multimodal.ops.masked_pooling import masked_generalized_mean, masked_max, masked_mean
from keras_multimodal.ops.masking import zero_masked
from keras_multimodal.ops.normalization import l2_normalize
from keras_multimodal.ops.softmax import masked_softmax

__all__ = [
    "l2_normalize",
    "masked_attention",
    "masked_generalized_mean",
    "masked_max",
    "masked_mean",
    "masked_softmax",
    "zero_masked",
]
