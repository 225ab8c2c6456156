"""A context in, texts out, token by token."""

from keras_multimodal.decoders.decoder import Decoder
from keras_multimodal.decoders.prefix_decoder import PrefixDecoder
from keras_multimodal.decoders.pretrained_decoders import pretrained
from keras_multimodal.decoders.text_decoder import TextDecoder

__all__ = ["Decoder", "PrefixDecoder", "TextDecoder", "pretrained"]
