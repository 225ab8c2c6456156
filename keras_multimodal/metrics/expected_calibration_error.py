"""How far probabilities are from what they say."""

from typing import Any

from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.metrics._class_metric import ClassMetric
from keras_multimodal.types import Tensor


@register
class ExpectedCalibrationError(ClassMetric):
    """The mean distance between how sure a classifier is and how often it is right.

    Rows are put into bins by their greatest probability. It is what
    `analysis.expected_calibration_error` says of all rows seen.

    Args:
        bins: How many bins, of equal width, there are. Default 15.
        name: The metric's name. Default `"expected_calibration_error"`.
        **kwargs: `dtype`, as for every Keras metric.

    Call arguments:
        y_true: The number of each row's class, `(batch,)`; below 0 for a row without a label, which
            is left out.
        y_pred: The probabilities, `(batch, classes)`.
        sample_weight: The weight of each row, `(batch,)`; 0 leaves it out.

    Raises:
        ValueError: If there is no bin.

    Example:

    >>> metric = ExpectedCalibrationError(bins=1)
    >>> metric.update_state([0, 0], [[0.9, 0.1], [0.3, 0.7]])
    >>> round(float(metric.result()), 3)
    0.3

    Reference:
        Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 3.
    """

    def __init__(
        self, bins: int = 15, name: str = "expected_calibration_error", **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        if bins < 1:
            raise ValueError(f"`bins` must be at least 1. Received: bins={bins}")
        self.bins = bins
        self._gaps = self.add_variable((bins,), initializer="zeros", name="gaps")
        self._total = self.add_variable((), initializer="zeros", name="total")

    def count(self, labels: Tensor, probabilities: Tensor, weights: Tensor) -> None:
        """Add to each bin how often its rows are right, less how sure they are."""
        sure = ops.cast(ops.max(probabilities, axis=-1), "float32")
        right = ops.cast(ops.argmax(probabilities, axis=-1) == labels, "float32")
        # A probability on an edge belongs to the bin below it.
        places = ops.clip(ops.cast(ops.ceil(sure * self.bins), "int32") - 1, 0, self.bins - 1)
        gaps = ops.sum(ops.one_hot(places, self.bins) * ((right - sure) * weights)[:, None], axis=0)
        self._gaps.assign_add(ops.cast(gaps, self._gaps.dtype))
        self._total.assign_add(ops.cast(ops.sum(weights), self._total.dtype))

    def result(self) -> Tensor:
        """Return the sum of the bins' distances, over the rows; 0 if there are none."""
        total = ops.convert_to_tensor(self._total)  # JAX's `where` takes no variable
        return ops.sum(ops.abs(self._gaps)) / ops.where(total > 0, total, 1.0)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "bins": self.bins}
