"""The shapes that a layer announces, and those it returns."""

import dataclasses
import inspect
from typing import Any

import keras

from keras_multimodal.testing._case import Case
from keras_multimodal.testing._compare import expect_equal
from keras_multimodal.testing._gradients import evaluate
from keras_multimodal.testing._leaves import Outputs, flatten_shapes
from keras_multimodal.types import Shape


def output_shape(case: Case) -> None:
    """The outputs have the expected shapes."""
    outputs = case.outputs()
    _expect_shapes([value.shape for value in outputs.values], case.expected_shapes, "eager")


def compute_output_shape(case: Case) -> None:
    """`compute_output_shape` is given, and right for known shapes."""
    if case.cls.compute_output_shape is keras.layers.Layer.compute_output_shape:
        raise AssertionError(f"{case.cls.__name__} does not override `compute_output_shape`")
    computed = _computed(case, [leaf.value.shape for leaf in case.leaves])
    _expect_computed(case, computed, case.expected_shapes)


def symbolic_output(case: Case) -> None:
    """With unknown batch and length, the symbolic output has the computed shape and the dtype."""
    outputs = case.outputs()
    symbolic = keras.tree.flatten(case.symbolic.outputs)
    shapes = [tuple(tensor.shape) for tensor in symbolic]
    _expect_computed(case, _computed(case, case.unknown_shapes), shapes)
    for name, tensor, value in zip(outputs.labels, symbolic, outputs.values, strict=True):
        fits = len(tensor.shape) == value.ndim and all(
            size in (None, actual) for size, actual in zip(tensor.shape, value.shape, strict=True)
        )
        if not fits:
            raise AssertionError(f"{name} is symbolically {tensor.shape}, in fact {value.shape}")
        if tensor.shape[0] is not None:
            raise AssertionError(f"{name} has a fixed batch size: {tensor.shape}")
        if keras.backend.standardize_dtype(value.dtype) != tensor.dtype:
            raise AssertionError(f"{name} is symbolically {tensor.dtype}, in fact {value.dtype}")


def single_row(case: Case) -> None:
    """A row's output does not depend on the batch it comes in."""
    outputs = case.outputs()
    first = [
        dataclasses.replace(
            leaf, value=leaf.value[:1], mask=None if leaf.mask is None else leaf.mask[:1]
        )
        for leaf in case.leaves
    ]
    expected = Outputs(
        outputs.labels,
        tuple(value[:1] for value in outputs.values),
        tuple(None if mask is None else mask[:1] for mask in outputs.masks),
    )
    expect_equal(evaluate(case, first).outputs, expected, "the first row alone")


def _computed(case: Case, shapes: list[Shape]) -> list[Shape]:
    """Call `compute_output_shape` as Keras does: by `<argument>_shape`, or with the first only."""
    by_argument: dict[str, Any] = case.pack(shapes)
    compute = case.layer.compute_output_shape
    parameters = list(inspect.signature(compute).parameters)
    if len(parameters) == 1:
        return flatten_shapes(compute(next(iter(by_argument.values()))))
    arguments = {
        f"{name}_shape": shape
        for name, shape in by_argument.items()
        if f"{name}_shape" in parameters
    }
    return flatten_shapes(compute(**arguments))


def _expect_computed(case: Case, computed: list[Shape], expected: list[Shape]) -> None:
    # `compute_output_shape` does not see the options of a call, nor the outputs they add.
    expected = expected[: len(computed)] if case.call_kwargs else expected
    _expect_shapes(computed, expected, "computed")


def _expect_shapes(actual: list[Shape], expected: list[Shape], what: str) -> None:
    if actual != expected:
        raise AssertionError(f"{what}: {actual}, not {expected}")
