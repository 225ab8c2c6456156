"""One modality in, tokens and their mask out."""

from keras_multimodal.encoders.bag_encoder import BagEncoder
from keras_multimodal.encoders.conv_image_encoder import ConvImageEncoder
from keras_multimodal.encoders.conv_sensor_encoder import ConvSensorEncoder
from keras_multimodal.encoders.encoder import Encoder
from keras_multimodal.encoders.freezing import enable_lora, freeze, layer_groups, unfreeze
from keras_multimodal.encoders.lite_rt_audio_encoder import LiteRTAudioEncoder
from keras_multimodal.encoders.loading.pretrained_networks import pretrained, pretrained_tokenizer
from keras_multimodal.encoders.patch_image_encoder import PatchImageEncoder
from keras_multimodal.encoders.patch_sensor_encoder import PatchSensorEncoder
from keras_multimodal.encoders.pretrained_audio_encoder import PretrainedAudioEncoder
from keras_multimodal.encoders.pretrained_image_encoder import PretrainedImageEncoder
from keras_multimodal.encoders.pretrained_text_encoder import PretrainedTextEncoder
from keras_multimodal.encoders.recurrent_sensor_encoder import RecurrentSensorEncoder
from keras_multimodal.encoders.recurrent_text_encoder import RecurrentTextEncoder
from keras_multimodal.encoders.residual_image_encoder import ResidualImageEncoder
from keras_multimodal.encoders.sequence_encoder import SequenceEncoder
from keras_multimodal.encoders.spectrogram_encoder import SpectrogramEncoder
from keras_multimodal.encoders.tabular_encoder import TabularEncoder
from keras_multimodal.encoders.transformer_text_encoder import TransformerTextEncoder

__all__ = [
    "BagEncoder",
    "ConvImageEncoder",
    "ConvSensorEncoder",
    "Encoder",
    "LiteRTAudioEncoder",
    "PatchImageEncoder",
    "PatchSensorEncoder",
    "PretrainedAudioEncoder",
    "PretrainedImageEncoder",
    "PretrainedTextEncoder",
    "RecurrentSensorEncoder",
    "RecurrentTextEncoder",
    "ResidualImageEncoder",
    "SequenceEncoder",
    "SpectrogramEncoder",
    "TabularEncoder",
    "TransformerTextEncoder",
    "enable_lora",
    "freeze",
    "layer_groups",
    "pretrained",
    "pretrained_tokenizer",
    "unfreeze",
]
