"""What comes after the trunk: an output for a target, its loss and its metrics."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import keras

from keras_multimodal._inner_names import inner_name
from keras_multimodal.layers.heads.ordered_quantiles import OrderedQuantiles
from keras_multimodal.layers.heads.ordinal_logits import OrdinalLogits
from keras_multimodal.layers.heads.temperature import Temperature
from keras_multimodal.losses import (
    QuantileLoss,
    SmoothedCrossentropy,
    StandardizedError,
    UncertaintyLoss,
)
from keras_multimodal.schema import ClassTarget, NumberTarget
from keras_multimodal.types import Tensor


@dataclasses.dataclass(frozen=True)
class Head:
    """An output with what it is trained by.

    Args:
        output: The symbolic tensor.
        loss: Its loss.
        scale: See `UncertaintyLoss`.
        penalty: See `UncertaintyLoss`.
    """

    output: Any
    loss: keras.losses.Loss
    scale: float = 1.0
    penalty: float = 0.5

    def weigh(self) -> UncertaintyLoss:
        """Weigh the loss by what is learned."""
        return UncertaintyLoss(self.loss, self.scale, self.penalty)


def check_label_smoothing(label_smoothing: float) -> None:
    """Refuse a share that is out of its range."""
    if not 0 <= label_smoothing < 1:
        raise ValueError(
            f"`label_smoothing` must be in [0, 1). Received: label_smoothing={label_smoothing}"
        )


def check_number(target: NumberTarget, loss: str, argument: str = "loss") -> None:
    """Refuse numbers that have not been measured, and a loss that there is not."""
    if not target.mean:
        raise ValueError(
            "`schema` must have a target that has been measured on the training rows: "
            "`records.split(...)` does so, and `records.adapt()` where nothing is split off. "
            f"Received: target={target!r}"
        )
    if loss not in ("mse", "huber", "quantile"):
        raise ValueError(
            f"`{argument}` must be 'mse', 'huber' or 'quantile'. Received: {argument}={loss!r}"
        )


def class_logits(target: ClassTarget, vector: Tensor, name: str) -> Tensor:
    """Return the logits of the classes, `(batch, classes)`, from a vector."""
    count = len(target.classes)
    head = OrdinalLogits if target.ordered else keras.layers.Dense
    return head(count, name=name)(vector)


def class_head(
    target: ClassTarget, logits: Tensor, label_smoothing: float, call: Callable[[str], str]
) -> Head:
    """Make probabilities of logits.

    Args:
        target: The classes.
        logits: `(batch, classes)`.
        label_smoothing: Share of the probability that is spread over all classes.
        call: Returns a layer's name in this model.
    """
    logits = Temperature(dtype="float32", name=call("temperature"))(logits)
    activation = "sigmoid" if target.multi_label else "softmax"
    probabilities = keras.layers.Activation(
        activation, dtype="float32", name=call("probabilities")
    )(logits)
    if target.multi_label:
        loss = keras.losses.BinaryCrossentropy(label_smoothing=label_smoothing)
        return Head(probabilities, loss)
    return Head(probabilities, SmoothedCrossentropy(label_smoothing))


def number_head(
    target: NumberTarget,
    vector: Tensor,
    loss: Any,
    quantiles: Sequence[float],
    call: Callable[[str], str],
    units_name: str | None = None,
) -> Head:
    """Make numbers in the user's units of a vector.

    Args:
        target: The numbers, measured.
        vector: `(batch, width)`.
        loss: `"mse"`, `"huber"` or `"quantile"`.
        quantiles: The shares of rows below each quantile.
        call: Returns a layer's name in this model.
        units_name: The output layer's name. Default `None`: the target's.
    """
    count = len(target.columns)
    name = call("standardized")
    if loss == "quantile":
        objective: keras.losses.Loss = QuantileLoss(quantiles, target.std)
        numbers = OrderedQuantiles(count, len(quantiles), name=name)(vector)
    else:
        objective = StandardizedError(target.std, loss)
        numbers = keras.layers.Dense(count, name=name)(vector)
    name = units_name or inner_name(target.name)
    variance = [std**2 for std in target.std]
    units = keras.layers.Normalization(
        axis=1, mean=target.mean, variance=variance, invert=True, dtype="float32", name=name
    )
    numbers = units(numbers)
    if loss == "quantile":
        return Head(numbers, objective, penalty=1.0)
    return Head(numbers, objective, scale=0.5 if loss == "mse" else 1.0)
