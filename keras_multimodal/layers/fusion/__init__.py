"""Layers that make one thing of several modalities, by class and by name."""

from keras_multimodal.layers.fusion.anchored_fusion import AnchoredFusion
from keras_multimodal.layers.fusion.concat_fusion import ConcatFusion
from keras_multimodal.layers.fusion.deep_set_fusion import DeepSetFusion
from keras_multimodal.layers.fusion.factorized_bilinear_pooling import FactorizedBilinearPooling
from keras_multimodal.layers.fusion.film import FiLM
from keras_multimodal.layers.fusion.fused_tokens import FusedTokens
from keras_multimodal.layers.fusion.gated_fusion import GatedFusion
from keras_multimodal.layers.fusion.logit_fusion import LogitFusion
from keras_multimodal.layers.fusion.low_rank_fusion import LowRankFusion
from keras_multimodal.layers.fusion.max_fusion import MaxFusion
from keras_multimodal.layers.fusion.mean_fusion import MeanFusion
from keras_multimodal.layers.fusion.mixture_of_experts_fusion import MixtureOfExpertsFusion
from keras_multimodal.layers.fusion.modality_weighting import ModalityWeighting
from keras_multimodal.layers.fusion.multimodal_adaptation_gate import MultimodalAdaptationGate
from keras_multimodal.layers.fusion.multiplicative_interaction import MultiplicativeInteraction
from keras_multimodal.layers.fusion.mutan_fusion import MutanFusion
from keras_multimodal.layers.fusion.pooled_fusion import PooledFusion
from keras_multimodal.layers.fusion.product_of_experts import ProductOfExperts
from keras_multimodal.layers.fusion.registry import DEFAULT, get, names
from keras_multimodal.layers.fusion.squeeze_excite_fusion import SqueezeExciteFusion
from keras_multimodal.layers.fusion.tensor_fusion import TensorFusion

__all__ = [
    "DEFAULT",
    "AnchoredFusion",
    "ConcatFusion",
    "DeepSetFusion",
    "FactorizedBilinearPooling",
    "FiLM",
    "FusedTokens",
    "GatedFusion",
    "LogitFusion",
    "LowRankFusion",
    "MaxFusion",
    "MeanFusion",
    "MixtureOfExpertsFusion",
    "ModalityWeighting",
    "MultimodalAdaptationGate",
    "MultiplicativeInteraction",
    "MutanFusion",
    "PooledFusion",
    "ProductOfExperts",
    "SqueezeExciteFusion",
    "TensorFusion",
    "get",
    "names",
]
