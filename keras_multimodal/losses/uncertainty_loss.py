"""A loss that is weighed against those of a model's other outputs by what is learned."""

import math
from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.types import Tensor, Tensors


@register
class UncertaintyLoss(keras.losses.Loss):
    """Another loss, weighed by how much noise its target is found to have.

    With `L` the loss of a row and `s` a number that is learned, the logarithm of the noise:

    `scale * exp(-s) * L + penalty * s`

    It is a negative log-likelihood, up to what is constant, where `scale` and `penalty` are those
    of the loss: of squared errors 1/2 and 1/2, with `s = log(variance)`; of halved squared or Huber
    errors, and of cross-entropy (there it is the paper's approximation, with `s` the logarithm of a
    squared temperature), 1 and 1/2; of the pinball loss, that of a Laplace distribution with
    `s = log(width)`, 1 and 1. A row of weight 0 has no say in `s` either. The loss may be negative.

    Keras trains no variable of a loss: let the output go through `layers.LearnedWeight`, which
    holds this one's.

    Args:
        loss: The loss, of one value for each row.
        scale: What it is multiplied by, above 0. Default 1.
        penalty: What `s` is multiplied by, above 0. Default 0.5.
        **kwargs: `name`, `reduction` and `dtype`, as for every Keras loss.

    Call arguments:
        y_true: As `loss` takes it.
        y_pred: As `loss` takes it.

    Returns:
        The loss, reduced as `reduction` says.

    Raises:
        TypeError: If `loss` is no Keras loss.
        ValueError: If a number is not above 0.

    Example:

    >>> loss = UncertaintyLoss(keras.losses.MeanSquaredError(), scale=0.5)
    >>> float(loss([[3.0]], [[1.0]])), loss.weight
    (2.0, 0.5)

    Reference:
        Kendall, Gal and Cipolla, "Multi-Task Learning Using Uncertainty to Weigh Losses for Scene
        Geometry and Semantics", 2018, equations 5 to 10.
    """

    def __init__(
        self, loss: keras.losses.Loss, scale: float = 1.0, penalty: float = 0.5, **kwargs: Any
    ) -> None:
        if not isinstance(loss, keras.losses.Loss):
            raise TypeError(f"`loss` must be a Keras loss. Received: {type(loss).__name__}")
        # In the precision in which the other loss reckons.
        super().__init__(**{"name": "uncertainty_loss", "dtype": loss.dtype, **kwargs})
        for name, value in (("scale", scale), ("penalty", penalty)):
            if not value > 0:
                raise ValueError(f"`{name}` must be above 0. Received: {name}={value}")
        self.loss = loss
        self.scale = scale
        self.penalty = penalty
        self.log_variance = keras.Variable(0.0, dtype="float32", name="log_variance")

    @property
    def weight(self) -> float:
        """The factor of the loss now: `scale * exp(-s)`."""
        return self.scale * math.exp(-float(ops.convert_to_numpy(self.log_variance)))

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensors:
        """Return the loss of each row, `(batch,)`."""
        losses = self.loss.call(y_true, y_pred)
        s = ops.cast(self.log_variance, losses.dtype)
        return self.scale * ops.exp(-s) * losses + self.penalty * s

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {
            **super().get_config(),
            "loss": keras.saving.serialize_keras_object(self.loss),
            "scale": self.scale,
            "penalty": self.penalty,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "UncertaintyLoss":
        """Return the loss of its arguments."""
        return cls(**{**config, "loss": keras.saving.deserialize_keras_object(config["loss"])})
