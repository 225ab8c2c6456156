"""What the metrics of class probabilities have in common."""

import keras
from keras import ops

from keras_multimodal.metrics._rows import finite_or_nan, row_weights
from keras_multimodal.types import Tensor


class ClassMetric(keras.metrics.Metric):
    """Base of metrics of `(batch, classes)` probabilities and `(batch,)` class numbers."""

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:
        """Count the rows of a batch; see the class."""
        shape = tuple(getattr(y_true, "shape", ()))
        if len(shape) > 1 and shape[-1] not in (1, None):
            raise ValueError(
                "`y_true` must be the number of each row's class, (batch,), and not one-hot. "
                f"Received: shape {shape}"
            )
        labels = ops.reshape(ops.cast(y_true, "int32"), (-1,))
        weights = row_weights(labels, y_pred, sample_weight)
        probabilities, weights = finite_or_nan(ops.convert_to_tensor(y_pred), weights)
        # A row without a label counts nothing, whatever class it is counted with.
        self.count(ops.maximum(labels, 0), probabilities, weights)

    def count(self, labels: Tensor, probabilities: Tensor, weights: Tensor) -> None:
        """Add the rows of a batch.

        Args:
            labels: `(batch,)` int32, 0 where there is none.
            probabilities: `(batch, classes)`.
            weights: `(batch,)` float32, 0 for rows that do not count; NaN for rows that should and
                cannot.
        """
        raise NotImplementedError
