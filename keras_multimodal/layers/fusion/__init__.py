"""Layers that make one thing of several modalities."""

from keras_multimodal.layers.fusion.concat_fusion import ConcatFusion
from keras_multimodal.layers.fusion.gated_fusion import GatedFusion
from keras_multimodal.layers.fusion.low_rank_fusion import LowRankFusion
from keras_multimodal.layers.fusion.max_fusion import MaxFusion
from keras_multimodal.layers.fusion.mean_fusion import MeanFusion
from keras_multimodal.layers.fusion.modality_weighting import ModalityWeighting

__all__ = [
    "ConcatFusion",
    "GatedFusion",
    "LowRankFusion",
    "MaxFusion",
    "MeanFusion",
    "ModalityWeighting",
]
