"""Probabilities that mean what they say: temperature scaling on rows that were held out."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_multimodal._inner_names import inner_name
from keras_multimodal.layers import Temperature
from keras_multimodal.types import Tensors

# The logarithm of the temperature is sought between these, to a hundredth of a percent.
_COLDEST, _HOTTEST, _PRECISION = -3.0, 3.0, 1e-4
_GOLDEN = (5**0.5 - 1) / 2


def calibrate(model: keras.Model, dataset: Any, target: str | None = None) -> float:
    """Fit the temperature of a classifier on rows that it was not trained on.

    The temperature is the one with the least mean negative log-likelihood, found by golden-section
    search; it says how sure the model may be, and leaves alone what it says.

    Args:
        model: What `tasks.classifier` made, or a model with one `Temperature` layer whose output
            goes into a softmax, or into a sigmoid. It is changed.
        dataset: Batches of `(inputs, labels)` of the validation rows, such as
            `validation.batch(64)`; labels `(batch,)` of a softmax, or `(batch, classes)` of a
            sigmoid for each class. Of several targets a dict of them, and the weights: rows of
            weight 0, which lack the label, are left out.
        target: Of a model of several targets (`tasks.multi_task`), the name of one of classes,
            whose layer is called `<target>_temperature`.

    Returns:
        The temperature: above 1 where the model was too sure.

    Raises:
        ValueError: If the model has no `Temperature` layer, or several and no `target` is named; or
            if there are no labels.

    Example:

    >>> logits = keras.Input((2,))
    >>> model = keras.Model(logits, keras.layers.Softmax()(Temperature()(logits)))
    >>> rows = np.array([[9.0, 0.0], [9.0, 0.0], [9.0, 0.0], [9.0, 0.0]], "float32")
    >>> calibrate(model, [(rows, np.array([0, 0, 0, 1]))]) > 5  # it was wrong once in four
    True

    Reference:
        Guo et al., "On Calibration of Modern Neural Networks", 2017, section 4.2.
    """
    layer = _temperature(model, target)
    logits_model = keras.Model(model.input, layer.input)
    logits, labels = [], []
    for batch in dataset:
        if not isinstance(batch, tuple) or len(batch) < 2:
            raise ValueError("`dataset` must have labels. Received: batches of inputs alone")
        there, numbers = _labelled(batch, target)
        logits.append(ops.convert_to_numpy(logits_model(batch[0], training=False))[there])
        labels.append(numbers[there])
    rows = np.concatenate(logits).astype("float64"), np.concatenate(labels)
    if not len(rows[1]):
        raise ValueError(f"`dataset` must have labels. Received: none of {target!r} in any row")

    def loss(logarithm: float) -> float:
        scaled = rows[0] / np.exp(logarithm)
        if rows[1].ndim == 2:  # each class a question of its own
            return float((np.logaddexp(0, scaled) - rows[1] * scaled).mean())
        top = scaled.max(1, keepdims=True)
        total = np.log(np.exp(scaled - top).sum(1)) + top[:, 0]
        return float((total - scaled[np.arange(len(scaled)), rows[1]]).mean())

    low, high = _COLDEST, _HOTTEST
    while high - low > _PRECISION:
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    temperature = float(np.exp((low + high) / 2))
    layer.temperature.assign(temperature)
    return temperature


def _temperature(model: keras.Model, target: str | None) -> Temperature:
    """Return the layer of the target."""
    found = {layer.name: layer for layer in model.layers if isinstance(layer, Temperature)}
    if target is not None:
        name = f"{inner_name(target)}_temperature"
        if name not in found:
            raise ValueError(
                "`target` must be a target of classes of the model, whose Temperature layer is "
                f"called {name!r}. Received: target={target!r} and the layers "
                f"{list(found)} of model={model.name!r}"
            )
        return found[name]
    if len(found) != 1:
        raise ValueError(
            "`model` must have one Temperature layer, or `target` name one of several. "
            f"Received: model={model.name!r} with {len(found)}: {list(found)}"
        )
    return next(iter(found.values()))


def _labelled(batch: Tensors, target: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Return which rows of a batch have a label, and the labels."""
    if not isinstance(batch[1], dict):
        labels = np.asarray(batch[1])
        return np.ones(len(labels), bool), labels
    name = inner_name(target or "")
    if name not in batch[1]:
        raise ValueError(
            f"`target` must name one of the labels {sorted(batch[1])}. Received: target={target!r}"
        )
    labels = np.asarray(batch[1][name])
    if len(batch) < 3:
        return np.ones(len(labels), bool), labels
    return np.asarray(batch[2][name]) > 0, labels
