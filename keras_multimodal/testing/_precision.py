"""Mixed precision: half-precision computation on float32 weights."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras_multimodal.testing._case import Case
from keras_multimodal.testing._compare import difference, expect_finite
from keras_multimodal.testing._probes import ReadMask

# Half precision keeps 11 bits, bfloat16 8; each of a layer's steps rounds once.
_POLICIES = {"mixed_float16": 0.02, "mixed_bfloat16": 0.1}


def mixed_float16(case: Case) -> None:
    """In mixed_float16 the weights stay float32 and the outputs are those of float32, rounded."""
    _mixed(case, "mixed_float16")


def mixed_bfloat16(case: Case) -> None:
    """In mixed_bfloat16 the weights stay float32 and the outputs are those of float32, rounded."""
    _mixed(case, "mixed_bfloat16")


def sublayer_dtypes(case: Case) -> None:
    """Every sublayer follows the layer's own dtype policy."""
    layer = case.make(dtype="mixed_float16")
    case.call(layer)
    for path, sublayer in _sublayers(layer, layer.name):
        if sublayer.dtype_policy.name != layer.dtype_policy.name:
            raise AssertionError(
                f"{path} has the policy {sublayer.dtype_policy.name}, not "
                f"{layer.dtype_policy.name}; give it `dtype=self.dtype_policy`"
            )


def _mixed(case: Case, policy: str) -> None:
    layer = case.make_built()
    mixed = case.make_built(dtype=policy)
    for weight in mixed.weights:
        if keras.backend.is_float_dtype(weight.dtype) and weight.dtype != "float32":
            raise AssertionError(f"weight {weight.path} is {weight.dtype}, not float32")
    mixed.set_weights(layer.get_weights())
    expected, outputs = case.call(layer), case.call(mixed)
    expect_finite(outputs, policy)
    symbolic = keras.tree.flatten(case.functional(mixed, ReadMask()).outputs)
    for i, name in enumerate(outputs.labels):
        dtype = keras.backend.standardize_dtype(outputs.values[i].dtype)
        if dtype != symbolic[i].dtype:
            raise AssertionError(f"{name} is {dtype}, symbolically {symbolic[i].dtype}")
        if i == 0 and "float" in dtype and dtype != mixed.compute_dtype:
            raise AssertionError(f"{name} is {dtype}, not {mixed.compute_dtype}")
        if found := difference(outputs.values[i], expected.values[i], _POLICIES[policy]):
            raise AssertionError(f"{name} differs from float32 in {found}")
    if case.masked:
        # A large negative number added to masked scores overflows here first.
        masked = {
            i: case.leaves[i].with_mask(np.zeros_like(case.leaves[i].mask)) for i in case.masked
        }
        expect_finite(case.call(mixed, case.replace(masked)), f"{policy}, all masked")


def _sublayers(layer: Any, path: str) -> Iterator[tuple[str, keras.layers.Layer]]:
    """Every layer below `layer`, with the attribute path it was found under."""
    seen = {id(layer)}
    pending = [(f"{path}.{name}", value) for name, value in vars(layer).items()]
    while pending:
        path, value = pending.pop(0)
        if isinstance(value, keras.layers.Layer):
            if id(value) not in seen:
                seen.add(id(value))
                yield path, value
                pending += [(f"{path}.{name}", part) for name, part in vars(value).items()]
        elif isinstance(value, dict):
            pending += [(f"{path}[{key!r}]", part) for key, part in value.items()]
        elif isinstance(value, (list, tuple)):
            pending += [(f"{path}[{i}]", part) for i, part in enumerate(value)]
