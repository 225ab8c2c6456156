"""What the constructor stores, and how the layer comes back from its configuration."""

import copy
import inspect
import json
from typing import Any

import keras

from keras_multimodal.testing._case import Case
from keras_multimodal.types import Tensor

_PLAIN = (bool, int, float, str, type(None))


def registered(case: Case) -> None:
    """Keras finds the class by the name it is saved under."""
    if _is_built_in(case.cls):
        return
    name = keras.saving.get_registered_name(case.cls)
    if ">" not in name:
        raise AssertionError(f"{case.cls.__name__} is not registered")
    if keras.saving.get_registered_object(name) is not case.cls:
        raise AssertionError(f"{name!r} is another class")


def config_arguments(case: Case) -> None:
    """`get_config` holds every argument of `__init__`, with the value it was given."""
    config = case.make().get_config()
    # Keras itself leaves out some arguments that have their default.
    names = [] if _is_built_in(case.cls) else _init_arguments(case.cls)
    names = list(dict.fromkeys([*names, *case.init_kwargs, "name", "trainable", "dtype"]))
    if missing := [name for name in names if name not in config]:
        raise AssertionError(f"{missing} not in the config, which has {sorted(config)}")
    for name, value in case.init_kwargs.items():
        # Keras turns the name of an initializer, regularizer or policy into an object.
        resolved = name == "dtype" or (isinstance(value, str) and isinstance(config[name], dict))
        if _is_plain(value) and not resolved and _as_json(config[name]) != _as_json(value):
            raise AssertionError(f"`{name}` is {config[name]!r} in the config, not {value!r}")


def config_round_trip(case: Case) -> None:
    """The configuration survives JSON and makes a layer with the same configuration."""
    layer = case.make()
    serialized = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))
    again = keras.saving.deserialize_keras_object(serialized)
    before, after = _as_json(layer.get_config()), _as_json(again.get_config())
    changed = {
        name: (before.get(name), after.get(name))
        for name in {*before, *after}
        if before.get(name) != after.get(name)
    }
    if changed:
        raise AssertionError(f"before and after: {changed}")


def constructor(case: Case) -> None:
    """The constructor makes no weights and leaves its arguments as they were."""
    given = copy.deepcopy(case.init_kwargs)
    layer = case.cls(**given)
    if layer.weights:
        raise AssertionError(f"weights before `build`: {[weight.path for weight in layer.weights]}")
    for name, value in case.init_kwargs.items():
        if _is_plain(value) and given[name] != value:
            raise AssertionError(f"`{name}` was {value!r} and is {given[name]!r} afterwards")


def _is_built_in(cls: type) -> bool:
    return cls.__module__.split(".")[0] == "keras"


def _init_arguments(cls: type) -> list[str]:
    signature = inspect.signature(cls)
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [name for name, one in signature.parameters.items() if one.kind not in variable]


def _is_plain(value: Tensor) -> bool:
    if isinstance(value, dict):
        return all(_is_plain(part) for part in value.values())
    if isinstance(value, (list, tuple)):
        return all(_is_plain(part) for part in value)
    return isinstance(value, _PLAIN)


def _as_json(value: Tensor) -> Any:
    """Return a value as JSON has it, without tuples, with strings for keys."""
    return json.loads(json.dumps(keras.saving.serialize_keras_object(value)))
