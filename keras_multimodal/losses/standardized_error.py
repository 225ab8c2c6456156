"""Errors of numbers in units of their own spread."""

from collections.abc import Sequence
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.types import Tensor, Tensors


@register
class StandardizedError(keras.losses.Loss):
    """Squared or Huber error of several targets, each divided by its standard deviation.

    With `e = (y - p) / std`: `e^2` for `"mse"`; for `"huber"` `e^2 / 2` where `|e| <= 1`, else
    `|e| - 1/2`. So a price in thousands does not drown an age in years, and `y` and `p` stay in the
    user's units.

    Args:
        std: The standard deviation of each target, above 0.
        error: `"mse"` (default) or `"huber"`, which heeds outliers less.
        **kwargs: `name`, `reduction` and `dtype`, as for every Keras loss.

    Call arguments:
        y_true: `(batch, targets)`.
        y_pred: `(batch, targets)`.

    Returns:
        The mean over the targets, reduced as `reduction` says.

    Raises:
        ValueError: If `error` is another, or a deviation is not positive.

    Example:

    >>> loss = StandardizedError(std=(10.0,))
    >>> float(loss([[100.0]], [[120.0]]))
    4.0

    Reference:
        Huber, "Robust Estimation of a Location Parameter", 1964.
    """

    def __init__(
        self, std: Sequence[float], error: Literal["mse", "huber"] = "mse", **kwargs: Any
    ) -> None:
        super().__init__(**{"name": "standardized_error", **kwargs})
        if error not in ("mse", "huber"):
            raise ValueError(f"`error` must be 'mse' or 'huber'. Received: error={error!r}")
        if not std or min(std) <= 0:
            raise ValueError(f"`std` must be positive numbers. Received: std={tuple(std)}")
        self.std = tuple(std)
        self.error = error

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensors:
        """Return the loss of each row, `(batch,)`."""
        y_pred = ops.convert_to_tensor(y_pred)
        errors = ops.cast(y_true, y_pred.dtype) - y_pred
        errors = errors / ops.convert_to_tensor(np.asarray(self.std), errors.dtype)
        if self.error == "huber":
            size = ops.abs(errors)
            each = ops.where(size <= 1, ops.square(errors) / 2, size - 0.5)
        else:
            each = ops.square(errors)
        return ops.mean(each, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "std": self.std, "error": self.error, "dtype": self.dtype}
