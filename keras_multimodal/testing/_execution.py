"""The same call, in other ways: compiled, repeated, with its dict in another order."""

import copy
from typing import Any

import keras
from keras import ops

from keras_multimodal.testing._case import Case
from keras_multimodal.testing._compare import difference, expect_equal
from keras_multimodal.testing._probes import ReadMask

# Enough for a rate of 0.1 on a handful of values to drop one at least once.
_TRAINING_CALLS = 20


def graph(case: Case) -> None:
    """A model run as a graph, `tf.function` on TensorFlow, gives the eager outputs and masks."""
    _compiled(case, jit_compile=False)


def jit(case: Case) -> None:
    """A model compiled with `jit_compile=True` gives the eager outputs and masks."""
    _compiled(case, jit_compile=True)


def _compiled(case: Case, jit_compile: bool) -> None:
    layer = case.make_built()
    expected = case.call(layer)
    model = case.functional(layer, ReadMask()).model
    model.compile(jit_compile=jit_compile)
    outputs = case.unpack(expected.labels, model.predict_on_batch(case.feed()))
    expect_equal(outputs, expected, "compiled")


def deterministic_inference(case: Case) -> None:
    """Inference gives the same outputs each time, is the default, and changes no state."""
    layer = case.make_built()
    state = [variable.numpy() for variable in layer.variables]
    expected = case.call(layer, training=False)
    expect_equal(case.call(layer, training=False), expected, "called again")
    expect_equal(case.call(layer, training=None), expected, "called without `training`")
    for variable, before in zip(layer.variables, state, strict=True):
        if found := difference(variable.numpy(), before, 0.0):
            raise AssertionError(f"{variable.path} changed in {found}")


def dropout(case: Case) -> None:
    """Dropout acts in training, differently each time, and not in inference."""
    layer = case.make_built()
    config = layer.get_config()
    rates = [
        name
        for name, value in config.items()
        if ("drop" in name or (name == "rate" and "drop" in case.cls.__name__.lower()))
        and isinstance(value, float)
        and value > 0
    ]
    if not rates:
        return
    inference = case.call(layer)
    without = case.make_built(**dict.fromkeys(rates, 0.0))
    without.set_weights(layer.get_weights())
    expect_equal(inference, case.call(without), f"inference, against {rates} set to 0")
    first = case.call(layer, training=True)
    acts, varies = _differ(first, inference), False
    for _ in range(_TRAINING_CALLS):
        if acts and varies:
            return
        again = case.call(layer, training=True)
        acts = acts or _differ(again, inference)
        varies = varies or _differ(again, first)
    if not acts:
        raise AssertionError(f"{_TRAINING_CALLS} training calls with {rates} all equal inference")
    raise AssertionError(f"{_TRAINING_CALLS} training calls with {rates} are all the same")


def _differ(actual: Any, expected: Any) -> bool:
    return any(
        difference(found, wanted)
        for found, wanted in zip(actual.values, expected.values, strict=True)
    )


def inputs_unchanged(case: Case) -> None:
    """A call leaves the arrays, lists and dicts it is given as they were."""
    layer = case.make_built()
    masks = case.explicit_masks(case.leaves)
    arrays = [leaf.value.copy() for leaf in case.leaves]
    layer(*case.pack(arrays).values(), **masks, **case.call_kwargs)
    for leaf, array in zip(case.leaves, arrays, strict=True):
        if found := difference(array, leaf.value, 0.0):
            raise AssertionError(f"{leaf.label} changed in {found}")
    # `Layer.__call__` copies the containers; a layer that uses another's `call` has no copy.
    tensors = case.pack([ops.convert_to_tensor(leaf.value) for leaf in case.leaves])
    for name, given in (tensors | masks).items():
        if isinstance(given, (dict, list)):
            before = copy.copy(given)
            layer.call(*tensors.values(), **masks, **case.call_kwargs)
            if not _same_container(given, before):
                raise AssertionError(f"`{name}` changed from {_names(before)} to {_names(given)}")


def _same_container(given: Any, before: Any) -> bool:
    if _names(given) != _names(before):
        return False
    if isinstance(given, dict):
        return all(given[key] is before[key] for key in before)
    return all(part is old for part, old in zip(given, before, strict=True))


def _names(container: Any) -> Any:
    return list(container) if isinstance(container, dict) else f"{len(container)} entries"


def dict_order(case: Case) -> None:
    """The order of a dict's entries does not matter, in building or in calling."""
    name, first = next(iter(case.arguments.items()))
    if not isinstance(first, dict):
        return
    layer = case.make_built()
    expected = case.call(layer)
    orders = (sorted(first), sorted(first, reverse=True), list(first))
    for order in orders:
        what = f"`{name}` in the order {order}"
        expect_equal(_call_in_order(case, layer, order), expected, what)
        again = case.make()
        _call_in_order(case, again, order)
        again.set_weights(layer.get_weights())
        expect_equal(case.call(again), expected, f"built with {what}")


def dict_names(case: Case) -> None:
    """A dict with an unknown or an absent entry raises a ValueError that names it."""
    name, first = next(iter(case.arguments.items()))
    if not isinstance(first, dict) or len(first) < 2:
        return
    layer = case.make_built()
    values: dict[str, Any] = case.pack([ops.convert_to_tensor(leaf.value) for leaf in case.leaves])
    others = [value for argument, value in values.items() if argument != name]
    absent = sorted(first)[-1]
    unknown = "not_a_modality"
    fewer = {key: value for key, value in values[name].items() if key != absent}
    more = values[name] | {unknown: values[name][absent]}
    for given, key in ((fewer, absent), (more, unknown)):
        try:
            layer(given, *others, **case.call_kwargs)
        except ValueError as error:
            if key not in str(error):
                raise AssertionError(f"the error does not name {key!r}: {error}") from error
        else:
            raise AssertionError(f"no error for `{name}` with the entries {sorted(given)}")


def _call_in_order(case: Case, layer: keras.layers.Layer, order: list[str]) -> Any:
    tensors = [ops.convert_to_tensor(leaf.value) for leaf in case.leaves]

    def reordered(first: Any, *others: Any, **kwargs: Any) -> Any:
        return layer({key: first[key] for key in order}, *others, **kwargs)

    return case.read(case.invoke(reordered, tensors, case.leaves))
