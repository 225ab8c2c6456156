"""Cross-entropy of class numbers with smoothed targets."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.types import Tensor, Tensors


@register
class SmoothedCrossentropy(keras.losses.Loss):
    """Cross-entropy between class numbers and probabilities, with label smoothing.

    With `p` the probabilities, `y` the class and `s` the smoothing, over `K` classes:

    `loss = -(1 - s) log p_y - s / K sum_k log p_k`

    It is `keras.losses.CategoricalCrossentropy(label_smoothing=s)` of one-hot targets, without
    making them, and with `s = 0` `SparseCategoricalCrossentropy`.

    Args:
        label_smoothing: Share of the target probability that is spread over all classes, in
            [0, 1). Default 0.
        **kwargs: `name`, `reduction` and `dtype`, as for every Keras loss.

    Call arguments:
        y_true: Class numbers `(batch,)` or `(batch, 1)`.
        y_pred: Probabilities `(batch, classes)`.

    Returns:
        The loss, reduced as `reduction` says.

    Raises:
        ValueError: If `label_smoothing` is out of its range.

    Example:

    >>> loss = SmoothedCrossentropy(0.1)
    >>> round(float(loss([0], [[0.8, 0.2]])), 4)
    0.2925

    Reference:
        Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2016,
        section 7.
    """

    def __init__(self, label_smoothing: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**{"name": "smoothed_crossentropy", **kwargs})
        if not 0 <= label_smoothing < 1:
            raise ValueError(
                f"`label_smoothing` must be in [0, 1). Received: label_smoothing={label_smoothing}"
            )
        self.label_smoothing = label_smoothing

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensors:
        """Return the loss of each row, `(batch,)`."""
        y_pred = ops.convert_to_tensor(y_pred)
        labels = ops.reshape(ops.cast(y_true, "int32"), (-1,))
        losses = ops.sparse_categorical_crossentropy(labels, y_pred)
        if not self.label_smoothing:
            return losses
        spread = -ops.mean(ops.log(ops.clip(y_pred, keras.config.epsilon(), 1.0)), axis=-1)
        return (1 - self.label_smoothing) * losses + self.label_smoothing * spread

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
