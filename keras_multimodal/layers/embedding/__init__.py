"""Layers that bring modalities into one space, and say of each token what it is and where."""

from keras_multimodal.layers.embedding.absent_token import AbsentToken
from keras_multimodal.layers.embedding.modality_embedding import ModalityEmbedding
from keras_multimodal.layers.embedding.modality_specific_shared import ModalitySpecificShared
from keras_multimodal.layers.embedding.position_embedding import PositionEmbedding
from keras_multimodal.layers.embedding.shared_projection import SharedProjection
from keras_multimodal.layers.embedding.time_embedding import TimeEmbedding

__all__ = [
    "AbsentToken",
    "ModalityEmbedding",
    "ModalitySpecificShared",
    "PositionEmbedding",
    "SharedProjection",
    "TimeEmbedding",
]
