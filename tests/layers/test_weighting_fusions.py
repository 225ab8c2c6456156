"""Mixtures and products of experts, the adaptation gate and deep sets are their papers' equations.

Every reference goes row by row, in float64, over the modalities that the row has.
"""

import keras
import numpy as np
import pytest
import torch

from keras_multimodal.layers import (
    DeepSetFusion,
    MixtureOfExpertsFusion,
    MultimodalAdaptationGate,
    ProductOfExperts,
)

TEXT = np.random.default_rng(21).normal(size=(4, 3, 6)).astype("float32")
IMAGE = np.random.default_rng(22).normal(size=(4, 5, 4)).astype("float32")
SENSOR = np.random.default_rng(23).normal(size=(4, 5)).astype("float32")
INPUTS = {"text": TEXT, "image": IMAGE, "sensor": SENSOR}
# Everything; no text; a sensor alone; nothing.
MASKS = {
    "text": np.array([[1, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]], bool),
    "image": np.array([[1, 0, 1, 0, 1], [0, 1, 0, 0, 0], [0] * 5, [0] * 5], bool),
    "sensor": np.array([True, True, True, False]),
}
EVERYTHING = {name: np.ones(mask.shape, bool) for name, mask in MASKS.items()}
NAMES = ("image", "sensor", "text")
ONE_WIDTH = {"text": TEXT[..., :4], "image": IMAGE, "sensor": SENSOR[:, :4]}


def vectors_of(row, inputs=INPUTS, masks=MASKS, pool=np.mean):
    """The modalities that a row has, in float64."""
    found = {}
    for name in NAMES:
        x, mask = inputs[name][row].astype("float64"), masks[name][row]
        if mask.any():
            found[name] = x if x.ndim == 1 else pool(x[mask], axis=0)
    return found


def built(layer, randomize, inputs=INPUTS):
    layer.build({name: x.shape for name, x in inputs.items()})
    randomize(layer)
    return layer


def losses(layer, masks=MASKS, inputs=INPUTS):
    """What a call in training adds."""
    layer(inputs, mask=masks, training=True)
    return [float(loss) for loss in layer.losses]


def close(actual, expected):
    expected = np.asarray(expected)
    bound = 1e-5 * np.abs(expected).max()
    np.testing.assert_allclose(keras.ops.convert_to_numpy(actual), expected, rtol=1e-5, atol=bound)


class Spread(keras.layers.Layer):
    """A layer of a dict, called with the modalities one by one, as `gradients` calls it."""

    def __init__(self, layer, masks=None, pick=None):
        super().__init__()
        self.layer = layer
        self.masks = masks
        self.pick = pick

    def call(self, *inputs):
        output = self.layer(dict(zip(NAMES, inputs, strict=True)), mask=self.masks)
        return output if self.pick is None else output[self.pick]


def in_order(inputs):
    return [inputs[name] for name in NAMES]


# Mixture of experts


def mixture(p, layer, vectors):
    """The sum, and the gates, of one row."""
    gates, output = np.zeros(layer.num_experts), np.zeros(layer.units)
    if not vectors:
        return output, gates
    whole = np.concatenate([vectors.get(name, p[f"absent_{name}"]) for name in NAMES])
    scores = whole @ p["gate_kernel"] + p["gate_bias"]
    chosen = np.argsort(-scores)[: layer.top_k]
    for e in chosen:
        gates[e] = np.exp(scores[e]) / np.exp(scores[chosen]).sum()
        hidden = np.tanh(whole @ p["hidden_kernel"][e] + p["hidden_bias"][e])
        output += gates[e] * (hidden @ p["expert_kernel"][e] + p["expert_bias"][e])
    return output, gates


@pytest.mark.parametrize("masks", [MASKS, None], ids=["masks", "no masks"])
@pytest.mark.parametrize("top_k", [None, 2])
def test_a_mixture_is_its_equation(top_k, masks, randomize, parameters):
    layer = MixtureOfExpertsFusion(4, 5, top_k, hidden_units=3, activation="tanh", balance=0.5)
    built(layer, randomize)
    output, gates = layer(INPUTS, mask=masks, return_weights=True)
    rows = [vectors_of(row, masks=masks or EVERYTHING) for row in range(4)]
    expected = [mixture(parameters(layer), layer, row) for row in rows]
    close(output, [row for row, _ in expected])
    close(gates, [row for _, row in expected])
    close(layer(INPUTS, mask=masks), output)
    # Equations 6 and 7.
    importance = np.sum([row for _, row in expected], axis=0)
    variation = np.std(importance) / np.mean(importance)
    close(losses(layer, masks), [0.5 * variation**2])


def test_a_mixture_by_hand():
    layer = MixtureOfExpertsFusion(1, num_experts=2, activation="linear", balance=1.0)
    layer.build([(None, 1), (None, 1)])
    named = {variable.path.split("/")[-1]: variable for variable in layer.weights}
    named["absent_1"].assign([5.0])
    named["gate_kernel"].assign([[0.0, np.log(3.0)], [0.0, 0.0]])
    named["hidden_kernel"].assign([[[1.0], [1.0]], [[2.0], [0.0]]])
    named["expert_kernel"].assign([[[1.0]], [[10.0]]])
    inputs = [np.array([[1.0], [0.0]], "float32"), np.array([[7.0], [7.0]], "float32")]
    masks = [None, np.array([True, False])]
    output, gates = layer(inputs, mask=masks, return_weights=True, training=True)
    close(gates, [[0.25, 0.75], [0.5, 0.5]])
    # The experts: 1 + 7 and 20 * 1; then 0 + 5, the learned vector, and 0.
    close(output, [[0.25 * 8 + 0.75 * 20], [0.5 * 5]])
    # The importance is 0.75 and 1.25: of mean 1 and variance 1/16.
    close(layer.losses[0], 1 / 16)


def test_of_equal_experts_no_more_than_top_k_are_chosen():
    layer = MixtureOfExpertsFusion(2, num_experts=5, top_k=2, kernel_initializer="zeros")
    _, gates = layer([SENSOR], return_weights=True)
    np.testing.assert_array_equal(np.sort(gates, axis=1), [[0, 0, 0, 0.5, 0.5]] * 4)


def test_balance_adds_nothing_outside_of_training_nor_for_rows_without_anything(randomize):
    layer = built(MixtureOfExpertsFusion(2, balance=0.5), randomize)
    layer(INPUTS, mask=MASKS)
    assert not layer.losses
    assert losses(layer, {name: np.zeros_like(mask) for name, mask in MASKS.items()}) == [0.0]
    assert not losses(built(MixtureOfExpertsFusion(2), randomize))


def test_experts_start_as_strong_as_a_network_alone_and_each_with_its_own_numbers():
    initializer = keras.initializers.GlorotUniform(seed=3)
    layer = MixtureOfExpertsFusion(30, num_experts=8, kernel_initializer=initializer)
    layer.build([(None, 40), (None, 20)])
    kernel = next(v for v in layer.weights if v.path.endswith("hidden_kernel")).numpy()
    bound = np.sqrt(6 / (60 + 30))
    np.testing.assert_allclose(np.abs(kernel).max(axis=(1, 2)), bound, rtol=0.02)
    assert len({expert.tobytes() for expert in kernel}) == 8


def test_experts_may_start_as_a_function_says():
    def rising(shape, dtype=None):
        return keras.ops.reshape(keras.ops.arange(np.prod(shape), dtype=dtype), shape)

    layer = MixtureOfExpertsFusion(3, num_experts=2, kernel_initializer=rising)
    layer.build([(None, 2), (None, 2)])
    kernel = next(v for v in layer.weights if v.path.endswith("hidden_kernel")).numpy()
    np.testing.assert_array_equal(kernel, [np.arange(kernel[0].size).reshape(kernel[0].shape)] * 2)


# Product of experts


def product(p, layer, vectors):
    """The mean and the variance of one row."""
    precision = np.full(layer.units, float(layer.prior))
    total = np.zeros(layer.units)
    for name, vector in vectors.items():
        mean = vector @ p[f"mean_kernel_{name}"] + p[f"mean_bias_{name}"]
        log_variance = vector @ p[f"log_variance_kernel_{name}"] + p[f"log_variance_bias_{name}"]
        precision += 1 / np.exp(log_variance)
        total += mean / np.exp(log_variance)
    if not precision.any():
        return total, precision
    return total / precision, 1 / precision


@pytest.mark.parametrize("masks", [MASKS, None], ids=["masks", "no masks"])
@pytest.mark.parametrize("prior", [True, False])
def test_a_product_is_its_equation(prior, masks, randomize, parameters):
    layer = built(ProductOfExperts(3, prior=prior, kl_weight=0.5), randomize)
    mean, variance = layer(INPUTS, mask=masks, return_variance=True)
    rows = [vectors_of(row, masks=masks or EVERYTHING) for row in range(4)]
    expected = [product(parameters(layer), layer, row) for row in rows]
    close(mean, [row for row, _ in expected])
    close(variance, [row for _, row in expected])
    close(layer(INPUTS, mask=masks), mean)
    known = [row for row, vectors in zip(expected, rows, strict=True) if vectors]
    normal = torch.distributions.Normal
    divergence = [
        torch.distributions.kl_divergence(
            normal(torch.tensor(m), torch.tensor(v).sqrt()), normal(0.0, 1.0)
        ).sum()
        for m, v in known
    ]
    close(losses(layer, masks), [0.5 * np.mean(divergence)])
    layer(INPUTS, mask=masks)
    assert not layer.losses


def test_a_product_by_hand():
    layer = ProductOfExperts(1, kernel_initializer="zeros", sample=True)
    layer.build([(None, 2), (None, 2)])
    named = {variable.path.split("/")[-1]: variable for variable in layer.weights}
    named["mean_bias_0"].assign([2.0])
    named["mean_bias_1"].assign([4.0])
    named["log_variance_bias_1"].assign([np.log(0.5)])
    inputs = [np.ones((3, 2), "float32")] * 2
    masks = [np.array([True, True, False]), np.array([True, False, False])]
    mean, variance = layer(inputs, mask=masks, return_variance=True)
    close(mean, [[(1 * 2 + 2 * 4) / (1 + 1 + 2)], [2 / (1 + 1)], [0.0]])
    close(variance, [[1 / 4], [1 / 2], [1.0]])


def test_a_sample_is_drawn_in_training_and_only_where_something_is_known():
    rows = 40_000
    vectors = np.tile(SENSOR[:1], (rows, 1))
    known = np.arange(rows) > 0
    layer = ProductOfExperts(2, sample=True, seed=5)
    mean, variance = layer([vectors], mask=[known], return_variance=True)
    np.testing.assert_array_equal(mean, layer([vectors], mask=[known]))
    drawn = np.asarray(layer([vectors], mask=[known], training=True))
    np.testing.assert_array_equal(drawn[0], 0)
    np.testing.assert_allclose(drawn[1:].mean(axis=0), mean[1], atol=0.02)
    np.testing.assert_allclose(drawn[1:].var(axis=0), variance[1], rtol=0.03)
    again = ProductOfExperts(2, sample=True, seed=5)
    again.build([vectors.shape])
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(again([vectors], mask=[known], training=True), drawn)
    close(ProductOfExperts(2)([vectors], training=True)[:1].shape, (1, 2))


@pytest.mark.parametrize("prior", [True, False])
@pytest.mark.parametrize("sign", [-1, 1])
def test_half_precision_does_not_overflow(prior, sign):
    layer = ProductOfExperts(2, prior, kernel_initializer="ones", dtype="mixed_float16")
    inputs = [np.full((1, 4), sign * 1000, "float16"), np.ones((1, 4), "float16")]
    mean, variance = layer(inputs, return_variance=True)
    assert np.isfinite(keras.ops.convert_to_numpy(mean)).all()
    assert np.isfinite(keras.ops.convert_to_numpy(variance)).all()
    _, variance = layer.__class__(2, prior=False, kernel_initializer="ones", dtype="mixed_float16")(
        [inputs[0]], return_variance=True
    )
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(variance).astype("float64"), np.exp(10.0 * sign), rtol=1e-3
    )


# Deep sets


def deep_set(p, vectors):
    """Theorem 2, of one row."""
    total = 0
    for vector in vectors.values():
        hidden = np.tanh(vector @ p["element_hidden/kernel"] + p["element_hidden/bias"])
        total = total + hidden @ p["element/kernel"] + p["element/bias"]
    hidden = np.tanh(total @ p["set_hidden/kernel"] + p["set_hidden/bias"])
    return hidden @ p["set/kernel"] + p["set/bias"]


@pytest.mark.parametrize("masks", [MASKS, None], ids=["masks", "no masks"])
@pytest.mark.parametrize(("pooling", "pool"), [("mean", np.mean), ("max", np.max)])
def test_a_deep_set_is_its_equation(pooling, pool, masks, randomize, parameters):
    layer = DeepSetFusion(3, hidden_units=5, activation="tanh", pooling=pooling)
    built(layer, randomize, ONE_WIDTH)
    rows = [vectors_of(row, ONE_WIDTH, masks or EVERYTHING, pool) for row in range(4)]
    p = parameters(layer)
    expected = [deep_set(p, row) if row else np.zeros(3) for row in rows]
    close(layer(ONE_WIDTH, mask=masks), expected)


def test_a_deep_set_by_hand():
    layer = DeepSetFusion(1, activation="relu", kernel_initializer="ones")
    inputs = [np.array([[1.0, 2.0], [1.0, 2.0]], "float32"), np.array([[-9.0, 4.0]] * 2, "float32")]
    layer.build([x.shape for x in inputs])
    layer.weights[-1].assign([0.5])
    # One element is 3; the other, below zero, is 0, just as if it were absent; then the bias.
    close(layer(inputs, mask=[np.array([True, False]), np.array([True, False])]), [[3.5], [0.0]])
    close(layer(inputs, mask=[None, np.array([True, False])]), [[3.5], [3.5]])


def test_a_deep_set_does_not_see_the_order():
    layer = DeepSetFusion(3)
    first, second, third = SENSOR, SENSOR[::-1], SENSOR[[1, 0, 3, 2]]
    close(layer([first, second, third]), np.asarray(layer([third, first, second])))


# The adaptation gate


def adapted(p, layer, z, others):
    """The equations of one token, up to the normalization."""
    total, length = np.zeros(z.shape), np.linalg.norm
    for name, vector in others.items():
        gate = np.concatenate([z, vector]) @ p[f"gate_kernel_{name}"] + p[f"gate_bias_{name}"]
        total += np.maximum(gate, 0) * (vector @ p[f"kernel_{name}"])
    if others:
        total += p["bias"]
        z = z + min(layer.beta * length(z) / length(total), 1) * total
    z = (z - z.mean()) / np.sqrt(z.var() + 1e-5)
    return z * p["normalization/gamma"] + p["normalization/beta"]


@pytest.mark.parametrize("masks", [MASKS, None], ids=["masks", "no masks"])
@pytest.mark.parametrize("beta", [0.1, 100.0])
@pytest.mark.parametrize("anchor", NAMES)
def test_a_gate_is_its_equation(anchor, beta, masks, randomize, parameters):
    layer = built(MultimodalAdaptationGate(anchor, beta), randomize)
    p = parameters(layer)
    outputs = layer(INPUTS, mask=masks)
    expected = {name: x.astype("float64") for name, x in INPUTS.items()}
    masks = masks or EVERYTHING
    for row in range(4):
        others = vectors_of(row, masks=masks)
        others.pop(anchor, None)
        tokens = expected[anchor][row : row + 1] if anchor == "sensor" else expected[anchor][row]
        tokens[:] = [adapted(p, layer, z, others) for z in tokens.copy()]
    for name in NAMES:
        close(outputs[name], np.where(masks[name][..., None], expected[name], 0))


@pytest.mark.parametrize(("beta", "expected"), [(1.0, [1.0, -1.0]), (0.1, [-1.0, 1.0])])
def test_a_gate_by_hand(beta, expected):
    layer = MultimodalAdaptationGate(beta=beta, kernel_initializer="zeros")
    layer.build([(None, 2), (None, 1)])
    named = {variable.path.split("/")[-1]: variable for variable in layer.weights}
    named["gate_bias_1"].assign([1.0, 1.0])
    named["kernel_1"].assign([[10.0, 0.0]])
    shifted, other = layer([np.array([[3.0, 4.0]], "float32"), np.array([[1.0]], "float32")])
    # Of length 5, by 10: (3, 4) + 1/2 (10, 0) = (8, 4), or (3, 4) + 1/20 (10, 0) = (3.5, 4).
    np.testing.assert_allclose(shifted, [expected], rtol=1e-4)
    np.testing.assert_array_equal(other, [[1.0]])


def test_the_first_modality_is_the_anchor_by_default(randomize):
    layer = built(MultimodalAdaptationGate(), randomize)
    outputs = layer(INPUTS)
    changed = {name for name in NAMES if (np.asarray(outputs[name]) != INPUTS[name]).any()}
    assert changed == {"image"}


@pytest.mark.parametrize("what", ["anchor", "displacement", "both"])
def test_gradients_are_finite_where_a_length_is_zero(what, randomize, gradients):
    layer = MultimodalAdaptationGate("sensor")
    layer.build({name: x.shape for name, x in INPUTS.items()})
    if what == "anchor":
        randomize(layer)
    inputs = dict(INPUTS)
    if what != "displacement":
        inputs["sensor"] = np.zeros_like(SENSOR)
    if what != "anchor":
        inputs |= {"text": np.zeros_like(TEXT), "image": np.zeros_like(IMAGE)}
    by_weight, by_input = gradients(Spread(layer, pick="sensor"), in_order(inputs))
    for gradient in [*by_weight.values(), *by_input]:
        assert np.isfinite(gradient).all()
    assert any(gradient.any() for gradient in by_weight.values())


# All of them

LAYERS = [
    (MixtureOfExpertsFusion, {"units": 4, "top_k": 2}, INPUTS, None),
    (ProductOfExperts, {"units": 4}, INPUTS, None),
    (ProductOfExperts, {"units": 4, "prior": False}, INPUTS, None),
    (DeepSetFusion, {"units": 4}, ONE_WIDTH, None),
    (MultimodalAdaptationGate, {"anchor": "sensor"}, INPUTS, "sensor"),
]


@pytest.mark.parametrize(("cls", "options", "inputs", "pick"), LAYERS)
def test_what_is_absent_has_no_gradient(cls, options, inputs, pick, randomize, gradients):
    layer = built(cls(**options), randomize, inputs)
    output = layer(inputs, mask=MASKS)
    np.testing.assert_array_equal((output if pick is None else output[pick])[3], 0)
    _, by_input = gradients(Spread(layer, MASKS, pick), in_order(inputs))
    for name, gradient in zip(NAMES, by_input, strict=True):
        np.testing.assert_array_equal(gradient[~MASKS[name]], 0)
        assert (gradient[MASKS[name]] != 0).any(axis=-1).all()


@pytest.mark.parametrize(
    ("cls", "options", "message"),
    [
        (MixtureOfExpertsFusion, {"units": 0}, "`units` must be positive. Received: units=0"),
        (MixtureOfExpertsFusion, {"units": 2, "num_experts": 1}, "Received: num_experts=1"),
        (MixtureOfExpertsFusion, {"units": 2, "top_k": 1}, "`top_k` must .* Received: top_k=1"),
        (MixtureOfExpertsFusion, {"units": 2, "top_k": 5}, "top_k=5, num_experts=4"),
        (MixtureOfExpertsFusion, {"units": 2, "hidden_units": 0}, "Received: hidden_units=0"),
        (MixtureOfExpertsFusion, {"units": 2, "balance": -1.0}, "Received: balance=-1.0"),
        (MixtureOfExpertsFusion, {"units": 2, "pooling": "sum"}, "Received: pooling='sum'"),
        (ProductOfExperts, {"units": 0}, "`units` must be positive. Received: units=0"),
        (ProductOfExperts, {"units": 2, "kl_weight": float("nan")}, "Received: kl_weight=nan"),
        (DeepSetFusion, {"units": -1}, "`units` must be positive. Received: units=-1"),
        (DeepSetFusion, {"units": 2, "hidden_units": 0}, "Received: hidden_units=0"),
        (MultimodalAdaptationGate, {"beta": 0.0}, "`beta` must be above 0. Received: beta=0.0"),
        (MultimodalAdaptationGate, {"dropout": 1.0}, r"`dropout` must be in \[0, 1\)"),
        (MultimodalAdaptationGate, {"pooling": "sum"}, "`pooling` must be one of"),
    ],
)
def test_bad_arguments_are_named(cls, options, message):
    with pytest.raises(ValueError, match=message):
        cls(**options)


TWO = {"units": 2}


@pytest.mark.parametrize(
    ("cls", "options"),
    [
        (MixtureOfExpertsFusion, TWO),
        (ProductOfExperts, TWO),
        (DeepSetFusion, TWO),
        (MultimodalAdaptationGate, {}),
    ],
)
@pytest.mark.parametrize(
    ("inputs", "mask", "message"),
    [
        (SENSOR, None, "`inputs` must be a list or a dict"),
        ([SENSOR, SENSOR[:, 0]], None, r"`inputs\[1\]` must be tokens .* \(4,\)"),
        ([SENSOR, SENSOR.astype("int32")], None, r"`inputs\[1\]` must .* dtype int32"),
        ([SENSOR] * 2, [None, MASKS["text"]], r"`mask\[1\]` must be .* shape \(4, 3\)"),
        ([SENSOR] * 2, [None, np.ones(4, "float32")], r"`mask\[1\]` must be boolean"),
        ([SENSOR] * 2, [None], "`mask` must be a list of 2.* Received: a list of 1"),
    ],
)
def test_bad_inputs_are_named(cls, options, inputs, mask, message):
    with pytest.raises(ValueError, match=message):
        cls(**options)(inputs, mask=mask)


@pytest.mark.parametrize(
    ("cls", "options"),
    [
        (MixtureOfExpertsFusion, TWO),
        (ProductOfExperts, TWO),
        (DeepSetFusion, TWO),
        (MultimodalAdaptationGate, {}),
    ],
)
def test_bad_inputs_are_named_in_a_model_too(cls, options):
    layer = cls(**options)
    layer([SENSOR, SENSOR])
    with pytest.raises(ValueError, match=r"`inputs\[1\]` must have a float dtype"):
        layer([keras.Input((5,)), keras.Input((5,), dtype="int32")])
    with pytest.raises(ValueError, match=r"a list of 2, as when .* Received: a list of 1"):
        layer([keras.Input((5,))])


def test_a_deep_set_needs_one_width():
    with pytest.raises(ValueError, match="`inputs` must have one width"):
        DeepSetFusion(2)(INPUTS)


def test_a_gate_names_the_modalities_that_can_be_the_anchor():
    with pytest.raises(
        ValueError, match=r"`anchor` must be one of .*\['image', 'sensor', 'text'\].*anchor='audio'"
    ):
        MultimodalAdaptationGate("audio")(INPUTS)
    with pytest.raises(ValueError, match=r"`anchor` must be one of .*\[0, 1\].*anchor=2"):
        MultimodalAdaptationGate(2)([SENSOR, SENSOR])
    with pytest.raises(ValueError, match=r"another modality than the anchor.*Received: \['a'\]"):
        MultimodalAdaptationGate()({"a": SENSOR})
