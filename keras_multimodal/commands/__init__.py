"""What the command line does with a table of the user's own."""

from keras_multimodal.commands.description import describe
from keras_multimodal.commands.evaluation import evaluate
from keras_multimodal.commands.options import Options, read_config
from keras_multimodal.commands.prediction import predict
from keras_multimodal.commands.training import train

__all__ = ["Options", "describe", "evaluate", "predict", "read_config", "train"]
