"""The mean F1 score of the classes."""

from typing import Any

from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.metrics._class_metric import ClassMetric
from keras_multimodal.types import Tensor


@register
class MacroF1(ClassMetric):
    """The mean over the classes of the F1 score, `2 * right / (rows of it + taken for it)`.

    Where classes are of very different size it says more than the accuracy, which the largest class
    decides. A class that no row has, and that none is taken for, has no say. It is the mean of
    `analysis.f1_scores` over all rows seen.

    Args:
        num_classes: How many classes there are.
        name: The metric's name. Default `"macro_f1"`.
        **kwargs: `dtype`, as for every Keras metric.

    Call arguments:
        y_true: The number of each row's class, `(batch,)`; below 0 for a row without a label, which
            is left out.
        y_pred: The probabilities, `(batch, classes)`.
        sample_weight: The weight of each row, `(batch,)`; 0 leaves it out.

    Raises:
        ValueError: If there are fewer than two classes.

    Example:

    >>> metric = MacroF1(num_classes=2)
    >>> metric.update_state([0, 0, 1, -1], [[0.9, 0.1], [0.3, 0.7], [0.2, 0.8], [1.0, 0.0]])
    >>> round(float(metric.result()), 3)
    0.667

    Reference:
        Van Rijsbergen, "Information Retrieval", 1979, chapter 7.
    """

    def __init__(self, num_classes: int, name: str = "macro_f1", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        if num_classes < 2:
            raise ValueError(f"`num_classes` must be at least 2. Received: {num_classes}")
        self.num_classes = num_classes
        self._right, self._concerned = (
            self.add_variable((num_classes,), initializer="zeros", name=part)
            for part in ("right", "concerned")
        )

    def count(self, labels: Tensor, probabilities: Tensor, weights: Tensor) -> None:
        """Count which rows are of each class, and which are taken for it."""
        true = ops.one_hot(labels, self.num_classes) * weights[:, None]
        taken = ops.one_hot(ops.argmax(probabilities, axis=-1), self.num_classes)
        self._right.assign_add(ops.cast(ops.sum(true * taken, axis=0), self._right.dtype))
        concerned = ops.sum(true + taken * weights[:, None], axis=0)
        self._concerned.assign_add(ops.cast(concerned, self._concerned.dtype))

    def result(self) -> Tensor:
        """Return the mean of the classes that are concerned; 0 if there is none."""
        concerned = ops.convert_to_tensor(self._concerned)  # JAX's `where` takes no variable
        some = ops.cast(concerned > 0, concerned.dtype)
        scores = 2 * self._right / ops.where(concerned > 0, concerned, 1.0)
        return ops.sum(scores) / ops.maximum(ops.sum(some), 1.0)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "num_classes": self.num_classes}
