"""What the command line does with a table of the user's own."""

from keras_multimodal.commands.describe import describe
from keras_multimodal.commands.evaluate import evaluate
from keras_multimodal.commands.options import Options, read_config
from keras_multimodal.commands.predict import predict
from keras_multimodal.commands.train import train

__all__ = ["Options", "describe", "evaluate", "predict", "read_config", "train"]
