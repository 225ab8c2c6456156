"""What the analysis counts, batch by batch, as metrics that `compile` takes."""

from keras_multimodal.metrics.expected_calibration_error import ExpectedCalibrationError
from keras_multimodal.metrics.macro_f1 import MacroF1
from keras_multimodal.metrics.median_rank import MedianRank
from keras_multimodal.metrics.recall_at_k import RecallAtK

__all__ = [
    "ExpectedCalibrationError",
    "MacroF1",
    "MedianRank",
    "RecallAtK",
]
