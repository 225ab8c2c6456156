"""The same call, in other ways: compiled, repeated, with its dict in another order."""

import copy
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from keras_multimodal.testing._case import Case
from keras_multimodal.testing._compare import difference, expect_equal
from keras_multimodal.testing._gradients import compile_error, evaluate_compiled
from keras_multimodal.types import Tensor


def graph(case: Case) -> None:
    """Compiled by `tf.function`, for unknown lengths, or by `jax.jit`, the layer gives the same."""
    if (error := compile_error(case)) is not None:
        raise error
    expect_equal(evaluate_compiled(case).outputs, case.outputs(), "compiled")


def jit(case: Case) -> None:
    """A model compiled with `jit_compile=True` gives the eager outputs and masks."""
    expected = case.outputs()
    model = case.symbolic.model
    model.compile(jit_compile=True)
    outputs = case.unpack(expected.labels, model.predict_on_batch(case.feed()))
    expect_equal(outputs, expected, "compiled")


def deterministic_inference(case: Case) -> None:
    """Inference gives the same outputs each time, is the default, and changes no state."""
    layer = case.layer
    state = [variable.numpy() for variable in layer.variables]
    expected = case.call(layer)
    expect_equal(case.call(layer), expected, "called again")
    expect_equal(case.call(layer, training=None), expected, "called without `training`")
    for variable, before in zip(layer.variables, state, strict=True):
        if found := difference(variable.numpy(), before, 0.0):
            raise AssertionError(f"{variable.path} changed in {found}")


def inputs_unchanged(case: Case) -> None:
    """A call leaves the arrays, lists and dicts it is given as they were."""
    layer = case.layer
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


def _same_container(given: Any, before: Tensor) -> bool:
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
    layer, expected = case.layer, case.outputs()
    for order in (sorted(first), sorted(first, reverse=True)):
        if order == list(first):
            continue  # as the layer was built and called
        what = f"`{name}` in the order {order}"
        expect_equal(case.call(_in_order(layer, order)), expected, what)
        again = case.make()
        case.call(_in_order(again, order))
        again.set_weights(layer.get_weights())
        expect_equal(case.call(again), expected, f"built with {what}")


def dict_names(case: Case) -> None:
    """A dict with an unknown or an absent entry raises a ValueError that names it."""
    name, first = next(iter(case.arguments.items()))
    if not isinstance(first, dict) or len(first) < 2:
        return
    values: dict[str, Any] = case.pack([ops.convert_to_tensor(leaf.value) for leaf in case.leaves])
    others = [value for argument, value in values.items() if argument != name]
    absent = sorted(first)[-1]
    unknown = "not_a_modality"
    fewer = {key: value for key, value in values[name].items() if key != absent}
    more = values[name] | {unknown: values[name][absent]}
    for given, key in ((fewer, absent), (more, unknown)):
        try:
            case.layer(given, *others, **case.call_kwargs)
        except ValueError as error:
            # Keras appends what the call was given, which has the unknown name.
            message = str(error).split("Arguments received by")[0]
            if key not in message:
                raise AssertionError(f"the error does not name {key!r}: {message}") from error
        else:
            raise AssertionError(f"no error for `{name}` with the entries {sorted(given)}")


def _in_order(layer: keras.layers.Layer, order: list[str]) -> Callable[..., Any]:
    """Call `layer` with the entries of its first argument in another order."""

    def reordered(first: Tensor, *others: Any, **kwargs: Any) -> Any:
        return layer({key: first[key] for key in order}, *others, **kwargs)

    return reordered
