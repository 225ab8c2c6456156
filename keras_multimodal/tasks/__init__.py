"""From a description of the record to a model."""

from keras_multimodal.tasks.captioning import captioner
from keras_multimodal.tasks.classification import classifier
from keras_multimodal.tasks.contrastive_head import ContrastiveHead
from keras_multimodal.tasks.default_encoders import default_encoder
from keras_multimodal.tasks.destandardize import Destandardize
from keras_multimodal.tasks.encoder_attachment import attach_encoders
from keras_multimodal.tasks.encoder_registry import register_encoder
from keras_multimodal.tasks.generation import conditioning, generation_loop, get_sampler
from keras_multimodal.tasks.jit_compilation import jit_policy
from keras_multimodal.tasks.learned_weight import LearnedWeight
from keras_multimodal.tasks.model_inputs import inputs
from keras_multimodal.tasks.multi_task_learning import multi_task
from keras_multimodal.tasks.ordered_quantiles import OrderedQuantiles
from keras_multimodal.tasks.ordinal_logits import OrdinalLogits
from keras_multimodal.tasks.regression import regressor
from keras_multimodal.tasks.retrieval import embed, retriever, tower
from keras_multimodal.tasks.temperature import Temperature, calibrate
from keras_multimodal.tasks.unit_vectors import UnitVectors

__all__ = [
    "ContrastiveHead",
    "Destandardize",
    "LearnedWeight",
    "OrderedQuantiles",
    "OrdinalLogits",
    "Temperature",
    "UnitVectors",
    "attach_encoders",
    "calibrate",
    "captioner",
    "classifier",
    "conditioning",
    "default_encoder",
    "embed",
    "generation_loop",
    "get_sampler",
    "inputs",
    "jit_policy",
    "multi_task",
    "register_encoder",
    "regressor",
    "retriever",
    "tower",
]
