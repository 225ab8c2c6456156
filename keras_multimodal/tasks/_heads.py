"""What comes after the trunk: an output for a target, its loss and its metrics."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

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

_LEAST = 1e-13  # standard deviation; Keras takes none below 1e-7, and here its root


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
    if min(target.std) < _LEAST:
        raise ValueError(
            "`schema` must have a target whose numbers differ by more. Received: standard "
            f"deviations {target.std} of {target.columns}. Give them in another unit."
        )
    if loss not in ("mse", "huber", "quantile"):
        raise ValueError(
            f"`{argument}` must be 'mse', 'huber' or 'quantile'. Received: {argument}={loss!r}"
        )


def number_dtype(target: NumberTarget) -> str:
    """Return the precision that a target's numbers are answered and compared in."""
    return "float64" if target.float64 else "float32"


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
    dtype = number_dtype(target)
    if loss == "quantile":
        objective: keras.losses.Loss = QuantileLoss(quantiles, target.std, dtype=dtype)
        numbers = OrderedQuantiles(count, len(quantiles), name=name)(vector)
    else:
        objective = StandardizedError(target.std, loss, dtype=dtype)
        numbers = keras.layers.Dense(count, name=name)(vector)
    name = units_name or inner_name(target.name)
    mean, std = np.asarray(target.mean), np.asarray(target.std)
    if target.float64:
        # Keras reads mean and variance as float32, and takes no deviation below 1e-7. In two steps,
        # with the mean's further digits in the first, nothing is lost.
        near, std = mean.astype("float32").astype("float64"), np.sqrt(std)
        numbers = _in_units((mean - near) / std, std, dtype, call("from_mean"))(numbers)
        mean = near
    numbers = _in_units(mean, std, dtype, name)(numbers)
    if loss == "quantile":
        return Head(numbers, objective, penalty=1.0)
    return Head(numbers, objective, scale=0.5 if loss == "mse" else 1.0)


def _in_units(mean: np.ndarray, std: np.ndarray, dtype: str, name: str) -> keras.layers.Layer:
    """Return the layer from numbers that are standardised to numbers in the user's units."""
    return keras.layers.Normalization(
        axis=1,
        mean=mean.tolist(),
        variance=np.square(std).tolist(),
        invert=True,
        dtype=dtype,
        name=name,
    )
