"""Layers that make one thing of several modalities, by class and by name."""

from keras_multimodal.layers.fusion.anchored_fusion import AnchoredFusion
from keras_multimodal.layers.fusion.concat_fusion import ConcatFusion
from keras_multimodal.layers.fusion.gated_fusion import GatedFusion
from keras_multimodal.layers.fusion.low_rank_fusion import LowRankFusion
from keras_multimodal.layers.fusion.max_fusion import MaxFusion
from keras_multimodal.layers.fusion.mean_fusion import MeanFusion
from keras_multimodal.layers.fusion.modality_weighting import ModalityWeighting
from keras_multimodal.layers.fusion.pooled_fusion import PooledFusion
from keras_multimodal.layers.fusion.registry import get, names

__all__ = [
    "AnchoredFusion",
    "ConcatFusion",
    "GatedFusion",
    "LowRankFusion",
    "MaxFusion",
    "MeanFusion",
    "ModalityWeighting",
    "PooledFusion",
    "get",
    "names",
]
