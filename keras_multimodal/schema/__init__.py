"""What a record is: its modalities, its target, and how each raw cell becomes a tensor.

A schema is a description and nothing else. It imports no framework; `keras_multimodal.data` turns
it into the tf.data graph that trains a model, and `keras_multimodal.export` puts the same graph in
front of the model it saves. State found on the training rows (a vocabulary, channel means) is part
of the description, so that it travels with the model.
"""

from keras_multimodal.schema.audio import Audio
from keras_multimodal.schema.class_target import ClassTarget
from keras_multimodal.schema.column_kind import ColumnKind, column_kinds
from keras_multimodal.schema.features import Features
from keras_multimodal.schema.image import Image
from keras_multimodal.schema.kinds import register_modality
from keras_multimodal.schema.modality import Modality
from keras_multimodal.schema.number_target import NumberTarget
from keras_multimodal.schema.pair_target import PairTarget
from keras_multimodal.schema.schema import VERSION, Schema
from keras_multimodal.schema.sensor import Sensor
from keras_multimodal.schema.tabular import Tabular
from keras_multimodal.schema.targets import Targets
from keras_multimodal.schema.text import Text
from keras_multimodal.schema.text_target import TextTarget
from keras_multimodal.schema.tokenizer import Tokenizer

__all__ = [
    "VERSION",
    "Audio",
    "ClassTarget",
    "ColumnKind",
    "Features",
    "Image",
    "Modality",
    "NumberTarget",
    "PairTarget",
    "Schema",
    "Sensor",
    "Tabular",
    "Targets",
    "Text",
    "TextTarget",
    "Tokenizer",
    "column_kinds",
    "register_modality",
]
