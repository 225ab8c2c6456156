"""Records in, batches out: streams of each modality, paired by key, as `tf.data` pipelines."""

from keras_multimodal.data.array_flow import ArrayFlow
from keras_multimodal.data.audio_augmentation import AudioAugmentation
from keras_multimodal.data.audio_flow import AudioFlow
from keras_multimodal.data.audio_stream import AudioStream
from keras_multimodal.data.augmentation import Augmentation
from keras_multimodal.data.column.column import Stream
from keras_multimodal.data.column.preprocessor import Preprocessor
from keras_multimodal.data.column.registry import register_transform
from keras_multimodal.data.column.transform import Transform
from keras_multimodal.data.detokenization import Detokenizer
from keras_multimodal.data.feature_cache import cache_features
from keras_multimodal.data.feature_stream import FeatureStream
from keras_multimodal.data.image_flow import ImageFlow
from keras_multimodal.data.image_stream import ImageStream
from keras_multimodal.data.pairing import pair
from keras_multimodal.data.pairing_report import PairingReport
from keras_multimodal.data.read_dataset import read_dataset
from keras_multimodal.data.read_table import read_table
from keras_multimodal.data.read_tfds import read_tfds
from keras_multimodal.data.records import Records
from keras_multimodal.data.sensor_augmentation import SensorAugmentation
from keras_multimodal.data.sensor_processor import SensorProcessor
from keras_multimodal.data.sensor_stream import SensorStream
from keras_multimodal.data.table_processor import TableProcessor
from keras_multimodal.data.table_stream import TableStream
from keras_multimodal.data.text_processor import TextProcessor
from keras_multimodal.data.text_stream import TextStream

__all__ = [
    "ArrayFlow",
    "AudioAugmentation",
    "AudioFlow",
    "AudioStream",
    "Augmentation",
    "Detokenizer",
    "FeatureStream",
    "ImageFlow",
    "ImageStream",
    "PairingReport",
    "Preprocessor",
    "Records",
    "SensorAugmentation",
    "SensorProcessor",
    "SensorStream",
    "Stream",
    "TableProcessor",
    "TableStream",
    "TextProcessor",
    "TextStream",
    "Transform",
    "cache_features",
    "pair",
    "read_dataset",
    "read_table",
    "read_tfds",
    "register_transform",
]
