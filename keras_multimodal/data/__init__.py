"""Records in, batches out: columns of each modality, paired by key, as `tf.data` pipelines."""

from keras_multimodal.data.audio.augmentation import AudioAugmentation
from keras_multimodal.data.audio.column import AudioColumn
from keras_multimodal.data.audio.processor import AudioStream
from keras_multimodal.data.column.column import Column
from keras_multimodal.data.column.preprocessor import Preprocessor
from keras_multimodal.data.column.registry import register_transform
from keras_multimodal.data.column.table_files import read_table
from keras_multimodal.data.column.transform import Transform
from keras_multimodal.data.features.cache import cache_features
from keras_multimodal.data.features.column import FeatureColumn
from keras_multimodal.data.image.augmentation import ImageAugmentation
from keras_multimodal.data.image.column import ImageColumn
from keras_multimodal.data.image_data_generator.flow import ImageFlow
from keras_multimodal.data.image_data_generator.image_stream import ImageStream
from keras_multimodal.data.pairing.pairing import pair
from keras_multimodal.data.pairing.records import Records
from keras_multimodal.data.pairing.report import PairingReport
from keras_multimodal.data.sensor.augmentation import SensorAugmentation
from keras_multimodal.data.sensor.column import SensorColumn
from keras_multimodal.data.sensor.processor import SensorProcessor
from keras_multimodal.data.sources.data_sets import read_dataset
from keras_multimodal.data.sources.tfds_data_sets import read_tfds
from keras_multimodal.data.table.column import TableColumns
from keras_multimodal.data.table.processor import TableProcessor
from keras_multimodal.data.text.column import TextColumn
from keras_multimodal.data.text.detokenizer import Detokenizer
from keras_multimodal.data.text.processor import TextProcessor

__all__ = [
    "AudioAugmentation",
    "AudioColumn",
    "AudioStream",
    "Column",
    "Detokenizer",
    "FeatureColumn",
    "ImageAugmentation",
    "ImageColumn",
    "ImageFlow",
    "ImageStream",
    "PairingReport",
    "Preprocessor",
    "Records",
    "SensorAugmentation",
    "SensorColumn",
    "SensorProcessor",
    "TableColumns",
    "TableProcessor",
    "TextColumn",
    "TextProcessor",
    "Transform",
    "cache_features",
    "pair",
    "read_dataset",
    "read_table",
    "read_tfds",
    "register_transform",
]
