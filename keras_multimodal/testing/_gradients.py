"""The outputs of one layer and their gradients, eager and compiled, on TensorFlow or JAX."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_multimodal.testing._case import Case
from keras_multimodal.testing._leaves import (
    Leaf,
    Outputs,
    carried_masks,
    content,
    output_labels,
)
from keras_multimodal.testing._probes import ReadMask, vary, widen
from keras_multimodal.types import Masks, Tensor

Loss = Callable[[Any], Any]
# From the values and the masks of the inputs, the masks by position: the loss, the outputs, what
# `ReadMask` reads off them, and the gradients of the trainable weights and of the float inputs.
Derived = tuple[Any, Any, Mapping[str, Any], list[Any], list[Any]]
Function = Callable[[list[Any], dict[str, Any]], Derived]


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Outputs, and a loss with its gradients, by path of a weight and by position of an input."""

    loss: float
    outputs: Outputs
    weights: dict[str, np.ndarray]
    inputs: dict[int, np.ndarray]


def evaluate(case: Case, leaves: Sequence[Leaf] | None = None) -> Evaluation:
    """Evaluate the shared layer on `leaves` in inference, by one function compiled for all.

    The gradients are those of `weigh`. A layer that cannot be compiled is called eagerly: it is
    `graph` that reports it, and every other check goes on to what it looks at.
    """
    leaves = case.leaves if leaves is None else leaves
    if compile_error(case) is None:
        return evaluate_compiled(case, leaves)
    return case.once(("eager", content(leaves)), lambda: evaluate_eagerly(case, leaves))


def evaluate_eagerly(case: Case, leaves: Sequence[Leaf]) -> Evaluation:
    """Do the same, uncompiled."""
    return _run(case, _function(case), leaves)


def evaluate_compiled(case: Case, leaves: Sequence[Leaf] | None = None) -> Evaluation:
    """Do the same; what cannot be compiled raises."""
    leaves = case.leaves if leaves is None else leaves
    function = case.once("compiled", lambda: _function(case, compiled=True))
    return case.once(("compiled", content(leaves)), lambda: _run(case, function, leaves))


def evaluate_in_training(case: Case, loss: Loss | None = None) -> Evaluation:
    """Evaluate the shared layer on its inputs in an eager training call.

    Args:
        case: The layer and its inputs.
        loss: Of the outputs, to be derived; `weigh` by default.
    """
    return _run(case, _function(case, loss or weigh, training=True), case.leaves)


def weigh(outputs: Tensor) -> Tensor:
    """Return the sum over all valid float values, each times a number of its place.

    A plain sum of a softmax or of a normalized vector is constant and has no gradient.
    """
    flat = ReadMask()(outputs)
    total = ops.zeros(())
    for i in range(len(keras.tree.flatten(outputs))):
        values, mask = flat[f"output_{i}"], flat.get(f"output_{i}_mask")
        if not keras.backend.is_float_dtype(values.dtype):
            continue
        values = ops.cast(values, "float32")
        if mask is not None:
            values = ops.where(widen(mask, len(values.shape)), values, 0.0)
        total += ops.sum(vary(values))
    return total


def compile_error(case: Case) -> Exception | None:
    """Return what the shared layer raises where it is compiled the first time, or None."""

    def attempt() -> Exception | None:
        try:
            evaluate_compiled(case)
        except Exception as error:
            return error
        return None

    return case.once("compile error", attempt)


def _run(case: Case, function: Function, leaves: Sequence[Leaf]) -> Evaluation:
    values = [ops.convert_to_tensor(leaf.value) for leaf in leaves]
    masks = {str(i): m for i, m in enumerate(carried_masks(leaves)) if m is not None}
    loss, outputs, flat, by_weight, by_input = function(values, masks)
    variables, floats = case.layer.trainable_variables, _float_inputs(case)
    to_numpy = ops.convert_to_numpy
    return Evaluation(
        float(loss),
        case.unpack(output_labels(outputs), flat),
        {v.path: to_numpy(g) for v, g in zip(variables, by_weight, strict=True)},
        {i: to_numpy(g) for i, g in zip(floats, by_input, strict=True)},
    )


def _float_inputs(case: Case) -> list[int]:
    return [i for i, leaf in enumerate(case.leaves) if leaf.value.dtype.kind == "f"]


def _function(
    case: Case, loss: Loss = weigh, *, training: bool = False, compiled: bool = False
) -> Function:
    backend = keras.backend.backend()
    if backend == "tensorflow":
        return _tensorflow(case, loss, training, compiled)
    if backend == "jax":
        return _jax(case, loss, training, compiled)
    raise RuntimeError(
        "the conformance run needs the TensorFlow or the JAX backend. "
        f"Received: backend={backend!r}"
    )


def _tensorflow(case: Case, loss: Loss, training: bool, compiled: bool) -> Function:
    import tensorflow as tf

    layer, zero = case.layer, tf.UnconnectedGradients.ZERO

    def derive(values: list[Any], masks: dict[str, Any]) -> Derived:
        weights = [variable.value for variable in layer.trainable_variables]
        floats = [values[i] for i in _float_inputs(case)]
        with tf.GradientTape() as tape:
            tape.watch(floats)
            carried = [masks.get(str(i)) for i in range(len(values))]
            outputs = case.invoke(layer, values, carried, training=training)
            total = loss(outputs) + sum(layer.losses)
        found = tape.gradient(total, weights + floats, unconnected_gradients=zero)
        # An embedding's gradient is sparse.
        dense = [tf.convert_to_tensor(value) for value in found]
        return total, outputs, ReadMask()(outputs), dense[: len(weights)], dense[len(weights) :]

    if not compiled:
        return derive
    shapes = dict(enumerate(case.unknown_shapes))
    dtypes = [ops.convert_to_tensor(leaf.value[:1]).dtype for leaf in case.leaves]
    masks = {i: leaf.carried_mask for i, leaf in enumerate(case.leaves)}
    signature = (
        [tf.TensorSpec(shapes[i], dtype) for i, dtype in enumerate(dtypes)],
        {
            str(i): tf.TensorSpec(shapes[i][: m.ndim], tf.bool)
            for i, m in masks.items()
            if m is not None
        },
    )
    traced = tf.function(derive, input_signature=signature, autograph=False)

    def run(values: list[Any], masks: dict[str, Any]) -> Derived:
        # The optimizer takes longer than it saves, and makes zero of what is NaN times zero.
        with _no_graph_optimizer():
            return traced(values, masks)

    return run


@contextlib.contextmanager
def _no_graph_optimizer() -> Iterator[None]:
    import tensorflow as tf

    options = tf.config.optimizer
    before = options.get_experimental_options().get("disable_meta_optimizer", False)
    options.set_experimental_options({"disable_meta_optimizer": True})
    try:
        yield
    finally:
        options.set_experimental_options({"disable_meta_optimizer": before})


def _jax(case: Case, loss: Loss, training: bool, compiled: bool) -> Function:
    import jax

    layer = case.layer
    trained = layer.trainable_variables
    others = [v for v in layer.variables if not any(v is variable for variable in trained)]

    def total(
        weights: list[Any], floats: list[Any], state: list[Any], values: Tensor, masks: Masks
    ) -> Tensor:
        replaced = dict(zip(_float_inputs(case), floats, strict=True))
        tensors = [replaced.get(i, value) for i, value in enumerate(values)]
        carried = [masks.get(str(i)) for i in range(len(values))]
        # `Layer.stateless_call` skips `__call__`, and with it the masks.
        mapping = list(zip([*trained, *others], [*weights, *state], strict=True))
        with keras.StatelessScope(state_mapping=mapping, collect_losses=True) as scope:
            outputs = case.invoke(layer, tensors, carried, training=training)
            value = loss(outputs) + sum(layer.losses)
            flat = ReadMask()(outputs)
        return value, (outputs, flat, [scope.get_current_value(variable) for variable in others])

    derive = jax.value_and_grad(total, argnums=(0, 1), has_aux=True)
    derive = jax.jit(derive) if compiled else derive

    def run(values: list[Any], masks: dict[str, Any]) -> Derived:
        weights, state = ([v.value for v in variables] for variables in (trained, others))
        floats = [values[i] for i in _float_inputs(case)]
        (value, (outputs, flat, after)), found = derive(weights, floats, state, values, masks)
        for variable, new in zip(others, after, strict=True):
            variable.assign(new)
        return value, outputs, flat, *found

    return run
