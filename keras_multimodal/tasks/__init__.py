"""From a description of the record to a model."""

from keras_multimodal.tasks.calibration import calibrate
from keras_multimodal.tasks.captioning import captioner
from keras_multimodal.tasks.classification import classifier
from keras_multimodal.tasks.compilation import compile_for
from keras_multimodal.tasks.default_encoders import default_encoder
from keras_multimodal.tasks.encoder_attachment import attach_encoders
from keras_multimodal.tasks.encoder_registry import register_encoder
from keras_multimodal.tasks.generation import conditioning, generation_loop, get_sampler
from keras_multimodal.tasks.jit_compilation import jit_policy
from keras_multimodal.tasks.model_inputs import inputs
from keras_multimodal.tasks.multi_task_learning import multi_task
from keras_multimodal.tasks.regression import regressor
from keras_multimodal.tasks.retrieval import embed, retriever, tower

__all__ = [
    "attach_encoders",
    "calibrate",
    "captioner",
    "classifier",
    "compile_for",
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
