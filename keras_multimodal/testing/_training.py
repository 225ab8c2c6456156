"""Gradients reach every weight, and a training step works."""

import warnings

import keras
import numpy as np

from keras_multimodal.testing._case import Case
from keras_multimodal.testing._gradients import gradients
from keras_multimodal.testing._probes import Summary

# Random draws in training may leave a weight out once.
_TRAINING_CALLS = 5


def weight_gradients(case: Case) -> None:
    """Every trainable weight gets a gradient, and every gradient is finite."""
    layer = case.make_built()
    unreached = {variable.path for variable in layer.trainable_variables}
    for training in [False] + [True] * _TRAINING_CALLS:
        if training:
            # On JAX, gradients are taken without side effects, and so always with the same draw.
            case.call(layer, training=True)
        found = gradients(case, layer, case.leaves, training=training)
        names = {case.leaves[i].label: value for i, value in found.inputs.items()}
        for name, value in (found.weights | names).items():
            if not np.isfinite(value.astype("float64")).all():
                raise AssertionError(f"the gradient of {name} is not finite, training={training}")
        unreached -= {path for path, value in found.weights.items() if value.any()}
        if not unreached and training:
            return
    raise AssertionError(f"no gradient for {sorted(unreached)}")


def fit_step(case: Case) -> None:
    """A step of `fit` with `jit_compile=True` has a finite loss and leaves finite weights."""
    layer = case.make_built()
    if not any(value.dtype.kind == "f" for value in case.call(layer).values):
        return
    model = case.functional(layer, Summary()).model
    model.compile(keras.optimizers.SGD(0.01), "mean_squared_error", jit_compile=True)
    rows = len(case.leaves[0].value)
    target = np.full((rows, 1), 0.5, "float32")
    with warnings.catch_warnings():
        # A weight without a gradient is what `weight_gradients` reports.
        warnings.filterwarnings("ignore", message="Gradients do not exist", category=UserWarning)
        history = model.fit(case.feed(), target, batch_size=rows, epochs=1, verbose=0)
    if not np.isfinite(history.history["loss"]).all():
        raise AssertionError(f"the loss is {history.history['loss']}")
    for weight in layer.weights:
        if not np.isfinite(weight.numpy()).all():
            raise AssertionError(f"{weight.path} is not finite after the step")
