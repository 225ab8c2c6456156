"""What a model has learned, measured and shown: intervals, tables, curves, the report."""

from keras_multimodal.analysis.attention import attention_maps
from keras_multimodal.analysis.calibration import expected_calibration_error
from keras_multimodal.analysis.confusion import confusion_matrix
from keras_multimodal.analysis.curves import learning_curves
from keras_multimodal.analysis.f1 import f1_scores
from keras_multimodal.analysis.html_report import HtmlReport
from keras_multimodal.analysis.intervals import accuracy_interval
from keras_multimodal.analysis.picture_attention import PictureAttention
from keras_multimodal.analysis.retrieval import retrieval_scores
from keras_multimodal.analysis.sentences import accuracy_sentence
from keras_multimodal.analysis.texts import text_scores
from keras_multimodal.analysis.weights import modality_weights

__all__ = [
    "HtmlReport",
    "PictureAttention",
    "accuracy_interval",
    "accuracy_sentence",
    "attention_maps",
    "confusion_matrix",
    "expected_calibration_error",
    "f1_scores",
    "learning_curves",
    "modality_weights",
    "retrieval_scores",
    "text_scores",
]
