"""What Keras' own layers let their users do: tuples, layers that are built, no activation."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_multimodal import layers
from keras_multimodal.encoders import BagEncoder, ConvImageEncoder
from keras_multimodal.encoders._recurrent import recurrent_layer

SEVERAL = {
    "anchored": lambda: layers.AnchoredFusion(layers.CrossModalAttention(num_heads=2)),
    "bottleneck": lambda: layers.BottleneckFusion(num_heads=2, num_bottlenecks=2),
    "co_attention": lambda: layers.CoAttention(num_heads=2),
    "cross_modal": lambda: layers.CrossModalTransformer(num_heads=2),
    "gate": lambda: layers.MultimodalAdaptationGate(),
    "projection": lambda: layers.SharedProjection(8),
    "squeeze": lambda: layers.SqueezeExciteFusion(),
}


def modalities(rng, count=2, dtype="float32"):
    return tuple(ops.convert_to_tensor(rng.random((2, 3, 8)), dtype) for _ in range(count))


@pytest.mark.parametrize("name", SEVERAL)
@pytest.mark.parametrize("kind", [list, tuple])
def test_a_tuple_in_is_a_tuple_out(rng, name, kind):
    layer, inputs = SEVERAL[name](), kind(modalities(rng))
    outputs = layer(inputs)
    assert type(outputs) is kind
    symbolic = layer(kind(keras.Input((3, 8)) for _ in inputs))
    assert type(symbolic) is kind
    shapes = layer.compute_output_shape(kind(tuple(x.shape) for x in inputs))
    assert type(shapes) is kind
    assert [tuple(shape) for shape in shapes] == [tuple(x.shape) for x in outputs]


def wrapped(policy, held):
    """A wrapper, the layer in it, what it is called with, and its attribute for the layer."""
    pictures = np.random.default_rng(0).random((2, 2, 4, 4, 3)).astype("float32")
    make = {
        "anchored": (lambda x, **k: layers.AnchoredFusion(x, **k), "layer"),
        "pooled": (lambda x, **k: layers.PooledFusion(x, **k), "fusion"),
        "tokens": (lambda x, **k: layers.FusedTokens(x, **k), "fusion"),
        "bag": (lambda x, **k: BagEncoder(x, **k), "encoder"),
    }[held]
    if held == "bag":
        inner, inputs = ConvImageEncoder(8, filters=(4,)), pictures
        inner.build((None, 4, 4, 3))
    else:
        inputs = list(modalities(np.random.default_rng(0)))
        if held == "anchored":
            inner = layers.CrossModalAttention(num_heads=2)
            inner.build((None, 3, 8), (None, 3, 8))
        else:
            inner = layers.CoAttention(num_heads=2)
            inner.build([(None, 3, 8)] * 2)
    return make[0](inner, dtype=policy), inner, inputs, make[1]


@pytest.mark.parametrize("held", ["anchored", "pooled", "tokens", "bag"])
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "float64"])
def test_a_layer_that_is_built_keeps_its_weights_and_its_policy(held, policy, tmp_path):
    wrapper, inner, inputs, attribute = wrapped(policy, held)
    assert getattr(wrapper, attribute) is inner
    outputs = wrapper(inputs)
    for found in keras.tree.flatten(outputs):
        assert keras.backend.standardize_dtype(found.dtype) == wrapper.compute_dtype
    symbolic = keras.tree.map_structure(lambda x: keras.Input(x.shape[1:]), inputs)
    model = keras.Model(symbolic, wrapper(symbolic))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    again = next(x for x in loaded.layers if type(x) is type(wrapper))
    assert getattr(again, attribute).dtype_policy.name == "float32"
    for found, expected in zip(
        keras.tree.flatten(loaded(inputs)), keras.tree.flatten(outputs), strict=True
    ):
        np.testing.assert_array_equal(
            ops.convert_to_numpy(ops.cast(found, "float32")),
            ops.convert_to_numpy(ops.cast(expected, "float32")),
        )


def test_a_layer_that_is_held_twice_keeps_its_weights():
    inner = layers.CrossModalAttention(num_heads=2)
    inner.build((None, 3, 8), (None, 3, 8))
    held = layers.PooledFusion(layers.AnchoredFusion(inner), dtype="mixed_bfloat16")
    assert held.fusion.layer is inner
    fresh = layers.AnchoredFusion(layers.CrossModalAttention(num_heads=2))
    held = layers.PooledFusion(fresh, dtype="mixed_bfloat16")
    assert held.fusion.layer.dtype_policy.name == "mixed_bfloat16"


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_recurrent_layers_are_made_in_bfloat16(rng, cell, bidirectional):
    layer = recurrent_layer(8, cell, bidirectional, keras.DTypePolicy("bfloat16"))
    outputs = layer(ops.convert_to_tensor(rng.random((2, 3, 4)), "bfloat16"))
    assert keras.backend.standardize_dtype(outputs.dtype) == "bfloat16"
    assert np.isfinite(ops.convert_to_numpy(ops.cast(outputs, "float32"))).all()
    kernels = [w for w in layer.trainable_weights if w.path.endswith("recurrent_kernel")]
    for kernel in kernels:
        assert keras.backend.standardize_dtype(kernel.dtype) == "bfloat16"
        values = ops.convert_to_numpy(ops.cast(kernel, "float32"))
        np.testing.assert_allclose(values @ values.T, np.eye(len(values)), atol=0.05)


def test_products_have_an_activation_of_choice(rng):
    x, y = (ops.convert_to_tensor(rng.normal(size=(4, 3)), "float32") for _ in range(2))
    for make, default in (
        (lambda **k: layers.MutanFusion(2, rank=2, **k), "tanh"),
        (lambda **k: layers.FactorizedBilinearPooling(2, factor=2, **k), "linear"),
    ):
        layer = make()
        assert layer.get_config()["activation"] == default
        outputs = {"default": layer([x, y])}
        for activation in (None, "tanh", "relu", keras.activations.sigmoid):
            other = make(activation=activation)
            other.build([(None, 3), (None, 3)])
            other.set_weights(layer.get_weights())
            again = type(other).from_config(other.get_config())
            assert again.activation is other.activation
            outputs[activation] = other([x, y])
        same = {name for name, found in outputs.items() if np.allclose(found, outputs["default"])}
        assert same == {"default", None if default == "linear" else default}


def test_without_an_activation_the_first_product_is_linear(rng):
    """By hand: `z = sum_r (N_1r W_1 h_1) * (N_2r W_2 h_2)` without biases."""
    layer = layers.MutanFusion(2, hidden_units=3, rank=2, use_bias=False, activation=None)
    x, y = rng.normal(size=(2, 4, 5)).astype("float32")
    found = ops.convert_to_numpy(layer([x, y]))
    parts = []
    for name, vector in enumerate((x, y)):
        project, factor = layer._projections[name].kernel, layer._factors[name].kernel
        parts.append(vector @ ops.convert_to_numpy(project) @ ops.convert_to_numpy(factor))
    z = (parts[0] * parts[1]).reshape(4, 2, 3).sum(1)
    expected = z @ ops.convert_to_numpy(layer._output.kernel)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_a_weight_of_zero_leaves_a_modality_out(rng):
    x, y = (rng.random((3, 4)).astype("float32") for _ in range(2))
    there = ops.convert_to_tensor([True, True, False])
    layer = layers.ModalityWeighting(mode="fixed", fixed_weights=[1, 0])
    found, weights = layer([x, y], mask=[there, None], return_weights=True)
    np.testing.assert_array_equal(found, np.where([[True], [True], [False]], x, 0.0))
    np.testing.assert_array_equal(weights, [[1, 0], [1, 0], [0, 0]])
    np.testing.assert_array_equal(layer.compute_mask([x, y], [there, None]), there)
    assert layer.compute_mask([x, y], [None, there]) is None
    for wrong in ([0, 0], [1, -1], [1, float("nan")]):
        with pytest.raises(ValueError, match="at least 0 and finite, and one of them above 0"):
            layers.ModalityWeighting(mode="fixed", fixed_weights=wrong)
