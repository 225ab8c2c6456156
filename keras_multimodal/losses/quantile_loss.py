"""The loss whose minimum is a quantile."""

import itertools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.types import Tensor, Tensors


@register
class QuantileLoss(keras.losses.Loss):
    """Pinball loss of several quantiles of several targets.

    With `e = (y - p_q) / std`: `max(q e, (q - 1) e)`, as a mean over quantiles and targets.

    Args:
        quantiles: The shares below, each in (0, 1), rising.
        std: The standard deviation of each target, above 0.
        **kwargs: `name`, `reduction` and `dtype`, as for every Keras loss.

    Call arguments:
        y_true: `(batch, targets)`.
        y_pred: `(batch, targets, quantiles)`.

    Returns:
        The loss, reduced as `reduction` says.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> loss = QuantileLoss(quantiles=(0.1, 0.9), std=(1.0,))
    >>> round(float(loss([[5.0]], [[[4.0, 7.0]]])), 3)  # (0.1 * 1 + 0.1 * 2) / 2
    0.15

    Reference:
        Koenker and Bassett, "Regression Quantiles", 1978.
    """

    def __init__(self, quantiles: Sequence[float], std: Sequence[float], **kwargs: Any) -> None:
        super().__init__(**{"name": "quantile_loss", **kwargs})
        rising = all(a < b for a, b in itertools.pairwise(quantiles))
        if not quantiles or not rising or quantiles[0] <= 0 or quantiles[-1] >= 1:
            raise ValueError(
                f"`quantiles` must rise, in (0, 1). Received: quantiles={tuple(quantiles)}"
            )
        if not std or min(std) <= 0:
            raise ValueError(f"`std` must be positive numbers. Received: std={tuple(std)}")
        self.quantiles = tuple(quantiles)
        self.std = tuple(std)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensors:
        """Return the loss of each row, `(batch,)`."""
        y_pred = ops.convert_to_tensor(y_pred)
        errors = ops.cast(y_true, y_pred.dtype)[..., None] - y_pred
        errors = errors / ops.convert_to_tensor(np.asarray(self.std)[:, None], errors.dtype)
        shares = ops.convert_to_tensor(np.asarray(self.quantiles), errors.dtype)
        return ops.mean(ops.maximum(shares * errors, (shares - 1) * errors), axis=(1, 2))

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {
            **super().get_config(),
            "quantiles": self.quantiles,
            "std": self.std,
            "dtype": self.dtype,
        }
