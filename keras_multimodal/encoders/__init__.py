"""One modality in, tokens and their mask out."""

from keras_multimodal.encoders.conv_image_encoder import ConvImageEncoder
from keras_multimodal.encoders.encoder import Encoder
from keras_multimodal.encoders.recurrent_text_encoder import RecurrentTextEncoder

__all__ = ["ConvImageEncoder", "Encoder", "RecurrentTextEncoder"]
