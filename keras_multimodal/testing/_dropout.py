"""Dropout acts in training and not in inference: each of a layer's dropouts by itself."""

import dataclasses
from collections.abc import Sequence

import keras

from keras_multimodal.testing._case import Case
from keras_multimodal.testing._compare import difference, expect_equal
from keras_multimodal.testing._leaves import Outputs
from keras_multimodal.testing._sublayers import sublayers
from keras_multimodal.types import Tensor

# Enough for a rate of 0.1 on a handful of values to drop one at least once.
_TRAINING_CALLS = 20


def dropout(case: Case) -> None:
    """Each dropout acts in training, differently each time, and none of them in inference."""
    names = rates(case)
    if names:
        _act_in_training_only(case, names)
    if len(names) > 1:
        for name in names:
            _rate_acts(case, name, [other for other in names if other != name])
    _every_part_acts(case)


def _act_in_training_only(case: Case, names: list[str]) -> None:
    """Raise unless the rates together change what training gives, and leave inference alone."""
    layer, inference = case.layer, case.outputs()
    without = case.make(**dict.fromkeys(names, 0.0))
    case.call(without)
    without.set_weights(layer.get_weights())
    expect_equal(inference, case.call(without), f"inference, against {names} set to 0")
    first = case.call(layer, training=True)
    acts, varies = _differ(first, inference), False
    for _ in range(_TRAINING_CALLS):
        if acts and varies:
            return
        again = case.call(layer, training=True)
        acts = acts or _differ(again, inference)
        varies = varies or _differ(again, first)
    if not acts:
        raise AssertionError(f"{_TRAINING_CALLS} training calls with {names} all equal inference")
    raise AssertionError(f"{_TRAINING_CALLS} training calls with {names} are all the same")


def _rate_acts(case: Case, name: str, others: list[str]) -> None:
    """Raise unless the argument `name`, the only rate above 0, changes what training gives."""
    layer = case.make(**dict.fromkeys(others, 0.0))
    still = case.make(**dict.fromkeys([name, *others], 0.0))
    for made in (layer, still):
        case.call(made)
        made.set_weights(case.layer.get_weights())
    expected = case.call(still, training=True)
    if not any(_differ(case.call(layer, training=True), expected) for _ in range(_TRAINING_CALLS)):
        raise AssertionError(
            f"{_TRAINING_CALLS} training calls with `{name}` alone are as without dropout"
        )


def _every_part_acts(case: Case) -> None:
    """Raise unless each part that drops, the only one that does, changes what training gives."""
    parts = [(case.layer.name, case.layer), *sublayers(case.layer, case.layer.name)]
    # What else has a rate has given it to its parts, and may ask it whether to call them.
    knobs = [
        _Knob(path, part, name, rate)
        for path, part in parts
        if isinstance(part, keras.layers.Dropout) or _draws(part)
        for name, rate in vars(part).items()
        if _is_rate(name, rate, type(part))
    ]
    left = knobs
    try:
        for knob in knobs:
            knob.turn(0.0)
        for _ in range(_TRAINING_CALLS):
            left = _without_effect(case, left) if left else []
    finally:
        for knob in knobs:
            knob.turn(knob.rate)
    if left:
        names = [f"{knob.path}.{knob.name}" for knob in left]
        raise AssertionError(
            f"{_TRAINING_CALLS} training calls with one of {names} alone are as without dropout"
        )


@dataclasses.dataclass(frozen=True)
class _Knob:
    """A rate that a built layer may read when it is called."""

    path: str
    layer: keras.layers.Layer
    name: str
    rate: float

    def turn(self, rate: float) -> None:
        setattr(self.layer, self.name, rate)


def _without_effect(case: Case, knobs: Sequence[_Knob]) -> list[_Knob]:
    """Return the rates, now 0, that alone change nothing in a training call at the same seeds."""
    layer = case.layer
    state = [(variable, variable.numpy()) for variable in layer.variables]
    still = case.call(layer, training=True)
    idle = []
    for knob in knobs:
        for variable, value in state:
            variable.assign(value)
        knob.turn(knob.rate)
        if not _differ(case.call(layer, training=True), still):
            idle.append(knob)
        knob.turn(0.0)
    return idle


def _draws(layer: keras.layers.Layer) -> bool:
    """Return whether a layer draws random numbers itself, and no part of it could drop."""
    return any(
        isinstance(value, keras.random.SeedGenerator) for value in vars(layer).values()
    ) and not any(isinstance(part, keras.layers.Dropout) for _, part in sublayers(layer, ""))


def rates(case: Case) -> list[str]:
    """Return the arguments of the layer that are rates above 0 of a dropout."""
    return [n for n, value in case.layer.get_config().items() if _is_rate(n, value, case.cls)]


def _is_rate(name: str, value: Tensor, cls: type) -> bool:
    named = "drop" in name or (name == "rate" and "drop" in cls.__name__.lower())
    return named and isinstance(value, float) and value > 0


def _differ(actual: Outputs, expected: Outputs) -> bool:
    return any(
        difference(found, wanted)
        for found, wanted in zip(actual.values, expected.values, strict=True)
    )
