"""What stands at the end of a model."""

from keras_multimodal.layers.heads.contrastive_head import ContrastiveHead
from keras_multimodal.layers.heads.learned_weight import LearnedWeight
from keras_multimodal.layers.heads.ordered_quantiles import OrderedQuantiles
from keras_multimodal.layers.heads.ordinal_logits import OrdinalLogits
from keras_multimodal.layers.heads.temperature import Temperature
from keras_multimodal.layers.heads.unit_vectors import UnitVectors

__all__ = [
    "ContrastiveHead",
    "LearnedWeight",
    "OrderedQuantiles",
    "OrdinalLogits",
    "Temperature",
    "UnitVectors",
]
