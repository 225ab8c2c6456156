"""From a table to a run: models that have learned, their scores, a report, one model to deploy.

Silent: what is found comes as objects. The command line is a shell of this module.
"""

from keras_multimodal._options import TrainingOptions
from keras_multimodal.experiment.description import Description, describe
from keras_multimodal.experiment.evaluation import Evaluation, evaluate
from keras_multimodal.experiment.fitting import FittedModel, fit_models
from keras_multimodal.experiment.known_rows import KnownRows
from keras_multimodal.experiment.prediction import predict
from keras_multimodal.experiment.run import Run
from keras_multimodal.experiment.scores import Scores
from keras_multimodal.experiment.trained_model import TrainedModel, load
from keras_multimodal.experiment.training import train
from keras_multimodal.experiment.training_end import TrainingEnd
from keras_multimodal.experiment.training_start import TrainingStart

__all__ = [
    "Description",
    "Evaluation",
    "FittedModel",
    "KnownRows",
    "Run",
    "Scores",
    "TrainedModel",
    "TrainingEnd",
    "TrainingOptions",
    "TrainingStart",
    "describe",
    "evaluate",
    "fit_models",
    "load",
    "predict",
    "train",
]
