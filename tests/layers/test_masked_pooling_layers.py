"""The poolings are their equations, over the tokens that a row has."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_multimodal.layers import (
    AttentionPooling,
    FirstTokenPooling,
    GeneralizedMeanPooling,
    MaskedMaxPooling,
    MaskedMeanPooling,
)

TOKENS = np.random.default_rng(19).normal(size=(4, 5, 6)).astype("float32")
# Gaps; one token; everything; nothing.
MASK = np.array([[1, 0, 1, 1, 0], [0, 1, 0, 0, 0], [1] * 5, [0] * 5], bool)


def mean(p, layer, tokens):
    return sum(tokens) / len(tokens)


def greatest(p, layer, tokens):
    return np.array([max(column) for column in zip(*tokens, strict=True)])


def first(p, layer, tokens):
    return tokens[0]


def generalized(p, layer, tokens):
    """Radenović et al., 2018, equation 3."""
    total = sum(np.maximum(token, layer.epsilon) ** p["exponent"] for token in tokens)
    return (total / len(tokens)) ** (1 / p["exponent"])


def attention(p, layer, tokens):
    """Ilse et al., 2018, equations 7 to 9."""
    weights = attention_weights(p, layer, tokens)
    return sum(weight * token for weight, token in zip(weights, tokens, strict=True))


def attention_weights(p, layer, tokens):
    scores = []
    for token in tokens:
        hidden = np.tanh(token @ p["hidden_kernel"])
        if layer.gated:
            hidden = hidden / (1 + np.exp(-(token @ p["gate_kernel"])))
        scores.append((hidden @ p["score_kernel"])[0])
    return np.exp(scores) / np.exp(scores).sum()


CASES = [
    (MaskedMeanPooling, {}, mean),
    (MaskedMaxPooling, {}, greatest),
    (FirstTokenPooling, {}, first),
    (GeneralizedMeanPooling, {"epsilon": 0.05}, generalized),
    (AttentionPooling, {}, attention),
    (AttentionPooling, {"hidden_units": 3, "gated": True}, attention),
]


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize(("cls", "options", "reference"), CASES)
def test_it_is_its_equation(cls, options, reference, masked, randomize, parameters):
    layer = cls(**options)
    layer.build(TOKENS.shape)
    if cls is not GeneralizedMeanPooling:
        randomize(layer)  # the exponent stays 3
    p = parameters(layer)
    mask = MASK if masked else np.ones_like(MASK)
    output = layer(np.where(mask[..., None], TOKENS, np.nan), mask=mask if masked else None)
    for row in range(4):
        tokens = TOKENS[row][mask[row]].astype("float64")
        there = mask[row, 0] if cls is FirstTokenPooling else len(tokens)
        expected = reference(p, layer, tokens) if there else np.zeros(6)
        np.testing.assert_allclose(output[row], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (MaskedMeanPooling(), 4.0),
        (MaskedMaxPooling(), 7.0),
        (FirstTokenPooling(), 1.0),
        (GeneralizedMeanPooling(exponent=2.0), 5.0),
        # Kernels of zeros: every token has the same weight.
        (AttentionPooling(kernel_initializer="zeros"), 4.0),
    ],
)
def test_by_hand(layer, expected):
    """Of 1, 7 and a third that isn't there."""
    tokens = np.array([[[1.0], [7.0], [np.nan]]], "float32")
    output = layer(tokens, mask=np.array([[True, True, False]]))
    np.testing.assert_allclose(output, [[expected]], rtol=1e-6)


def test_attention_weights_by_hand():
    """The score is tanh(h) with kernels of ones: softmax of 0 and tanh(ln 2) = 0.6."""
    layer = AttentionPooling(kernel_initializer="ones")
    tokens = np.array([[[0.0], [np.log(2.0)], [9.0]]], "float32")
    _, weights = layer(tokens, mask=np.array([[True, True, False]]), return_weights=True)
    share = np.exp(0.6) / (1 + np.exp(0.6))
    np.testing.assert_allclose(weights, [[1 - share, share, 0.0]], rtol=1e-6)


@pytest.mark.parametrize("length", [None, 5])
def test_attention_weights_are_a_second_output_where_they_are_asked_for(length):
    tokens = keras.Input((length, 6))
    assert AttentionPooling()(tokens).shape == (None, 6)
    vectors, weights = AttentionPooling()(tokens, return_weights=True)
    assert (vectors.shape, weights.shape) == ((None, 6), (None, length))


def test_attention_weights_sum_to_one_over_what_is_there(randomize, parameters):
    layer = AttentionPooling(gated=True)
    layer.build(TOKENS.shape)
    randomize(layer)
    _, weights = layer(TOKENS, mask=MASK, return_weights=True)
    weights = ops.convert_to_numpy(weights)
    assert not weights[~MASK].any()
    np.testing.assert_allclose(weights.sum(axis=1), [1, 1, 1, 0], rtol=1e-6)
    expected = attention_weights(parameters(layer), layer, TOKENS[2].astype("float64"))
    np.testing.assert_allclose(weights[2], expected, rtol=1e-5)


def test_the_generalized_mean_goes_from_the_mean_to_the_maximum():
    tokens = np.abs(TOKENS)
    for exponent, expected in ((1.0, tokens.mean(axis=1)), (2000.0, tokens.max(axis=1))):
        output = GeneralizedMeanPooling(exponent=exponent)(tokens)
        np.testing.assert_allclose(output, expected, rtol=2e-3)


def test_the_generalized_mean_of_large_numbers_is_finite_in_half_precision():
    """60000 cubed overflows float16, and to the tenth power float32."""
    tokens = np.full((1, 3, 2), 60000.0, "float32")
    for exponent in (3.0, 10.0):
        output = GeneralizedMeanPooling(exponent=exponent, dtype="mixed_float16")(tokens)
        np.testing.assert_allclose(output, [[60000.0, 60000.0]], rtol=1e-3)


@pytest.mark.parametrize("masked", [True, False])
def test_gradients_of_the_generalized_mean_are_those_of_its_equation(masked, gradients):
    """Against central differences of the equation in float64."""
    layer = GeneralizedMeanPooling(epsilon=0.05)
    layer.build(TOKENS.shape)
    mask = MASK if masked else np.ones_like(MASK)
    tensor = ops.convert_to_tensor(MASK) if masked else None
    by_weight, (by_token,) = gradients(layer, [TOKENS], mask=tensor)
    numbers = np.random.default_rng(0).normal(size=(4, 6))

    def total(tokens, exponent):
        return sum(
            numbers[row] @ generalized({"exponent": exponent}, layer, tokens[row][mask[row]])
            for row in range(4)
            if mask[row].any()
        )

    x, step = TOKENS.astype("float64"), 1e-6
    expected = (total(x, 3 + step) - total(x, 3 - step)) / (2 * step)
    np.testing.assert_allclose(by_weight["exponent"], expected, rtol=1e-4)
    for place in np.ndindex(TOKENS.shape):
        change = np.zeros_like(x)
        change[place] = step
        expected = (total(x + change, 3.0) - total(x - change, 3.0)) / (2 * step)
        np.testing.assert_allclose(by_token[place], expected, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("cls", "options", "message"),
    [
        (GeneralizedMeanPooling, {"exponent": 0.0}, "`exponent` must be positive"),
        (GeneralizedMeanPooling, {"epsilon": 0.0}, "`epsilon` must be positive"),
        (AttentionPooling, {"hidden_units": 0}, "`hidden_units` must be at least 1"),
    ],
)
def test_wrong_arguments_are_refused(cls, options, message):
    with pytest.raises(ValueError, match=message):
        cls(**options)


@pytest.mark.parametrize("cls", [case[0] for case in CASES[:5]])
def test_wrong_inputs_are_refused(cls):
    for shape in ((6,), (2, 5, 6)):
        for inputs in (np.zeros((2, *shape), "float32"), keras.Input(shape)):
            with pytest.raises(ValueError, match="`inputs` must be tokens of shape"):
                cls()(inputs)
    for ids in (np.ones((4, 5, 6), "int32"), keras.Input((5, 6), dtype="int32")):
        with pytest.raises(ValueError, match="`inputs` must have a float dtype"):
            cls()(ids)
    for mask in (MASK.astype("float32"), MASK[:, :4], MASK[:, 0]):
        with pytest.raises(ValueError, match="`mask` must be boolean and have the shape"):
            cls()(TOKENS, mask=mask)


def test_there_is_no_first_token_of_none():
    with pytest.raises(ValueError, match="`inputs` must have at least one token"):
        FirstTokenPooling()(TOKENS[:, :0])
