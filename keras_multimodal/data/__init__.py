"""Records in, batches out: streams of each modality, paired by key, as `tf.data` pipelines."""

from keras_multimodal.data.augmentation import Augmentation
from keras_multimodal.data.image_flow import ImageFlow
from keras_multimodal.data.image_stream import ImageStream
from keras_multimodal.data.pairing import pair
from keras_multimodal.data.pairing_report import PairingReport
from keras_multimodal.data.preprocessor import Preprocessor
from keras_multimodal.data.records import Records
from keras_multimodal.data.stream import Stream
from keras_multimodal.data.text_processor import TextProcessor
from keras_multimodal.data.text_stream import TextStream

__all__ = [
    "Augmentation",
    "ImageFlow",
    "ImageStream",
    "PairingReport",
    "Preprocessor",
    "Records",
    "Stream",
    "TextProcessor",
    "TextStream",
    "pair",
]
