"""Gradients reach every weight, and a training step works."""

import dataclasses
import warnings
from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from keras_multimodal.testing._case import Case
from keras_multimodal.testing._compare import difference
from keras_multimodal.testing._dropout import rates
from keras_multimodal.testing._gradients import evaluate, evaluate_in_training
from keras_multimodal.testing._probes import Summary

# Random draws in training may leave a weight out once.
_TRAINING_CALLS = 5
_LEARNING_RATE = 0.5
_TARGET = 0.5


@dataclasses.dataclass(frozen=True)
class Step:
    """A step of training: the loss before it, the trainable weights after it, the draws in it."""

    loss: float
    weights: list[np.ndarray]
    random: bool


def weight_gradients(case: Case) -> None:
    """Every trainable weight gets a gradient, and every gradient is finite."""
    unreached = {variable.path for variable in case.layer.trainable_variables}
    for call in range(1 + _TRAINING_CALLS):
        found = evaluate_in_training(case) if call else evaluate(case)
        names = {case.leaves[i].label: value for i, value in found.inputs.items()}
        for name, value in (found.weights | names).items():
            if not np.isfinite(value.astype("float64")).all():
                raise AssertionError(f"the gradient of {name} is not finite, training={call > 0}")
        unreached -= {path for path, value in found.weights.items() if value.any()}
        if not unreached and call:
            return
    raise AssertionError(f"no gradient for {sorted(unreached)}")


def fit_step(case: Case) -> None:
    """A compiled step of `fit` has the eager loss, and moves each weight against its gradient."""
    if not has_loss(case):
        return
    variables = case.layer.trainable_variables
    before = [variable.numpy() for variable in variables]
    expected = eager_step(case)
    model = fitted_model(case)
    left = {
        i
        for i, (old, new) in enumerate(zip(before, expected.weights, strict=True))
        if difference(new, old)
    }
    for _ in range(_TRAINING_CALLS):
        step = take_step(case, model)
        if not expected.random:
            expect_equal_step(step, expected, [variable.path for variable in variables])
            return
        left -= {i for i in left if difference(step.weights[i], before[i])}
        if not left:
            return
    names = [variables[i].path for i in sorted(left)]
    raise AssertionError(f"{_TRAINING_CALLS} steps have left {names} as they were")


def has_loss(case: Case) -> bool:
    """Return whether there is anything to fit: an output of floats."""
    return any(value.dtype.kind == "f" for value in case.outputs().values)


def eager_step(case: Case) -> Step:
    """Return the step that `take_step` takes, worked out from the layer's call and gradients."""
    summary = Summary()
    summary.build()
    case.restore()
    variables = case.layer.trainable_variables
    seeds = [v for v in case.layer.variables if not keras.backend.is_float_dtype(v.dtype)]
    before, drawn = ([v.numpy() for v in values] for values in (variables, seeds))
    found = evaluate_in_training(
        case, lambda outputs: ops.mean(ops.square(summary(outputs) - _TARGET))
    )
    after = []
    for variable, value in zip(variables, before, strict=True):
        moved = value - _LEARNING_RATE * found.weights[variable.path]
        constraint = getattr(variable, "constraint", None)
        after.append(moved if constraint is None else ops.convert_to_numpy(constraint(moved)))
    # Compiled, a dropout draws other numbers, from a constant seed too.
    random = bool(rates(case)) or any(
        (v.numpy() != old).any() for v, old in zip(seeds, drawn, strict=True)
    )
    case.restore()
    return Step(found.loss, after, random)


def fitted_model(case: Case) -> keras.Model:
    """Return a model of the shared layer and a summary of its outputs, compiled for `fit`."""
    model = case.functional(case.layer, Summary()).model
    optimizer = keras.optimizers.SGD(_LEARNING_RATE)
    model.compile(optimizer, "mean_squared_error", jit_compile=True)
    return model


def take_step(case: Case, model: keras.Model) -> Step:
    """Return a step of `fit` with all rows; raises unless loss and weights are finite."""
    rows = len(case.leaves[0].value)
    target = np.full((rows, 1), _TARGET, "float32")
    with warnings.catch_warnings():
        # A weight without a gradient is what `weight_gradients` reports.
        warnings.filterwarnings("ignore", message="Gradients do not exist", category=UserWarning)
        # Shuffled, each row would be weighed as another one is in the eager step.
        history = model.fit(case.feed(), target, batch_size=rows, shuffle=False, verbose=0)
    (loss,) = history.history["loss"]
    if not np.isfinite(loss):
        raise AssertionError(f"the loss is {loss}")
    for weight in case.layer.weights:
        if not np.isfinite(weight.numpy()).all():
            raise AssertionError(f"{weight.path} is not finite after the step")
    return Step(loss, [v.numpy() for v in case.layer.trainable_variables], random=False)


def expect_equal_step(step: Step, expected: Step, names: Sequence[str]) -> None:
    """Raise unless both steps have the same loss and leave the same weights."""
    if found := difference(step.loss, expected.loss):
        raise AssertionError(f"the loss differs from that of an eager call in {found}")
    for name, weight, wanted in zip(names, step.weights, expected.weights, strict=True):
        if found := difference(weight, wanted):
            raise AssertionError(f"the step left {name} different in {found}")
