"""Mixed precision: half-precision computation on float32 weights."""

import keras
import numpy as np

from keras_multimodal.testing._case import Case
from keras_multimodal.testing._compare import difference, expect_finite
from keras_multimodal.testing._probes import ReadMask
from keras_multimodal.testing._sublayers import sublayers

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
    layer = _mixed_layer(case, "mixed_float16")
    for path, sublayer in sublayers(layer, layer.name):
        if sublayer.dtype_policy.name != layer.dtype_policy.name:
            raise AssertionError(
                f"{path} has the policy {sublayer.dtype_policy.name}, not "
                f"{layer.dtype_policy.name}; give it `dtype=self.dtype_policy`"
            )


def _mixed(case: Case, policy: str) -> None:
    mixed = _mixed_layer(case, policy)
    for weight in mixed.weights:
        if keras.backend.is_float_dtype(weight.dtype) and weight.dtype != "float32":
            raise AssertionError(f"weight {weight.path} is {weight.dtype}, not float32")
    expected, outputs = case.outputs(), case.call(mixed)
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


def _mixed_layer(case: Case, policy: str) -> keras.layers.Layer:
    def make() -> keras.layers.Layer:
        layer = case.make(dtype=policy)
        case.call(layer)
        layer.set_weights(case.layer.get_weights())
        return layer

    return case.once(policy, make)
