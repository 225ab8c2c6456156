"""What a model has learned, measured and shown: intervals, tables, curves, the report."""

from keras_multimodal.analysis.calibration import expected_calibration_error
from keras_multimodal.analysis.confusion import confusion_matrix
from keras_multimodal.analysis.curves import learning_curves
from keras_multimodal.analysis.f1 import f1_scores
from keras_multimodal.analysis.html_report import HtmlReport
from keras_multimodal.analysis.intervals import accuracy_interval
from keras_multimodal.analysis.retrieval import retrieval_scores
from keras_multimodal.analysis.sentences import accuracy_sentence
from keras_multimodal.analysis.texts import text_scores

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
