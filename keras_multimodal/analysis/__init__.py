"""What a model has learned, measured and shown: intervals, tables, curves, the report."""

from keras_multimodal.analysis.accuracy_interval import accuracy_interval
from keras_multimodal.analysis.accuracy_sentence import accuracy_sentence
from keras_multimodal.analysis.confusion_matrix import confusion_matrix
from keras_multimodal.analysis.expected_calibration_error import expected_calibration_error
from keras_multimodal.analysis.f1_scores import f1_scores
from keras_multimodal.analysis.html_report import HtmlReport
from keras_multimodal.analysis.learning_curves import learning_curves
from keras_multimodal.analysis.retrieval_scores import retrieval_scores
from keras_multimodal.analysis.text_scores import text_scores

__all__ = [
    "HtmlReport",
    "accuracy_interval",
    "accuracy_sentence",
    "confusion_matrix",
    "expected_calibration_error",
    "f1_scores",
    "learning_curves",
    "retrieval_scores",
    "text_scores",
]
