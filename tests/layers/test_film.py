"""FiLM is its paper's equation, and leaves alone what has no condition."""

import keras
import numpy as np
import pytest

from keras_multimodal.layers import FiLM

VECTORS = np.random.default_rng(17).normal(size=(3, 4)).astype("float32")
TOKENS = np.random.default_rng(18).normal(size=(3, 5, 4)).astype("float32")
PICTURES = np.random.default_rng(19).normal(size=(3, 2, 3, 4)).astype("float32")
# Of each the last row has no real place.
MASKS = {
    2: np.array([True, True, False]),
    3: np.array([[1, 1, 0, 1, 0], [1, 0, 0, 0, 0], [0] * 5], bool),
    4: np.array([[[1, 1, 0], [1, 0, 1]], [[0, 0, 1], [0, 0, 0]], [[0] * 3] * 2], bool),
}
WORDS = np.random.default_rng(20).normal(size=(3, 6, 2)).astype("float32")
WORDS_MASK = np.array([[1, 0, 1, 1, 0, 0], [0] * 6, [0, 0, 0, 0, 0, 1]], bool)
QUESTION, QUESTION_MASK = WORDS[:, 0], np.array([True, False, True])


def reference(p, x, condition, x_mask, condition_mask):
    """Perez et al., 2018, equations 1 and 2, one feature vector at a time."""
    x, condition = x.astype("float64"), condition.astype("float64")
    output = np.zeros_like(x)
    for place in zip(*np.nonzero(x_mask), strict=True):
        row = place[0]
        output[place] = x[place]
        if condition_mask[row].any():
            c = condition[row]
            if c.ndim == 2:
                c = c[condition_mask[row]].mean(axis=0)
            numbers = c @ p["modulation/kernel"] + p["modulation/bias"]
            for feature in range(4):
                gamma, beta = 1 + numbers[feature], numbers[4 + feature]
                output[(*place, feature)] = gamma * x[(*place, feature)] + beta
    return output


def built(x, condition, randomize):
    layer = FiLM()
    layer.build(x.shape, condition.shape)
    randomize(layer)
    return layer


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("x", [VECTORS, TOKENS, PICTURES], ids=["vectors", "tokens", "pictures"])
@pytest.mark.parametrize(
    ("condition", "mask"),
    [(QUESTION, QUESTION_MASK), (WORDS, WORDS_MASK)],
    ids=["by_vector", "by_tokens"],
)
def test_it_is_its_equation(x, condition, mask, masked, randomize, parameters):
    layer = built(x, condition, randomize)
    masks = {"x_mask": MASKS[x.ndim], "condition_mask": mask}
    everything = {name: np.ones(mask.shape, bool) for name, mask in masks.items()}
    expected = reference(parameters(layer), x, condition, **(masks if masked else everything))
    output = layer(x, condition, **(masks if masked else {}))
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-5)


def test_by_hand():
    layer = FiLM(kernel_initializer="ones")
    x = np.array([[[10.0], [np.nan]], [[10.0], [20.0]]], "float32")
    condition = np.array([[2.0, 1.0], [np.nan, 1.0]], "float32")
    output = layer(
        x,
        condition,
        x_mask=np.array([[True, False], [True, True]]),
        condition_mask=np.array([True, False]),
    )
    # gamma and beta are both 2 + 1: (1 + 3) * 10 + 3; the second row has no condition.
    np.testing.assert_array_equal(output, [[[43.0], [0.0]], [[10.0], [20.0]]])


def test_it_starts_as_the_identity_and_can_learn(gradients):
    layer = FiLM()
    np.testing.assert_array_equal(layer(PICTURES, WORDS), PICTURES)
    by_weight, _ = gradients(layer, [PICTURES, WORDS])
    assert by_weight["modulation/kernel"].all()
    assert by_weight["modulation/bias"].all()


@pytest.mark.parametrize("condition", [QUESTION, WORDS], ids=["vector", "tokens"])
def test_without_a_condition_x_is_unchanged_and_no_weight_has_a_gradient(
    condition, randomize, gradients
):
    layer = built(TOKENS, condition, randomize)
    nothing = np.zeros(condition.shape[:-1], bool)
    np.testing.assert_array_equal(layer(TOKENS, condition, condition_mask=nothing), TOKENS)
    by_weight, (by_x, by_condition) = gradients(layer, [TOKENS, condition], condition_mask=nothing)
    for gradient in (*by_weight.values(), by_condition):
        np.testing.assert_array_equal(gradient, 0)
    assert by_x.all()


def test_shapes_are_known_symbolically():
    output = FiLM()(keras.Input((None, None, 4)), keras.Input((None, 2)))
    assert output.shape == (None, None, None, 4)


@pytest.mark.parametrize(
    ("x", "condition", "masks", "message"),
    [
        (VECTORS[:, 0], QUESTION, {}, r"`x` must be vectors, tokens or pictures.* shape \(3,\)"),
        (PICTURES[None], QUESTION, {}, r"`x` must be vectors.* shape \(1, 3, 2, 3, 4\)"),
        (TOKENS, PICTURES, {}, r"`condition` must be vectors or tokens.* shape \(3, 2, 3, 4\)"),
        (TOKENS.astype("int32"), WORDS, {}, "`x` must have a float dtype.* dtype int32"),
        (TOKENS, WORDS.astype("int32"), {}, "`condition` must have a float dtype.* dtype int32"),
        (
            PICTURES,
            WORDS,
            {"x_mask": QUESTION_MASK},
            r"`x_mask` must be .*\(3, 2, 3\).* Received: dtype bool, shape \(3,\)",
        ),
        (
            TOKENS,
            WORDS,
            {"condition_mask": WORDS_MASK.astype("float32")},
            "`condition_mask` must be boolean .* Received: dtype float32",
        ),
    ],
)
@pytest.mark.parametrize("symbolic", [False, True], ids=["eager", "symbolic"])
def test_bad_inputs_are_named(x, condition, masks, message, symbolic):
    if symbolic:
        x, condition, *values = (
            keras.Input(batch_shape=array.shape, dtype=str(array.dtype))
            for array in (x, condition, *masks.values())
        )
        masks = dict(zip(masks, values, strict=True))
    with pytest.raises(ValueError, match=message):
        FiLM()(x, condition, **masks)


def test_a_width_that_is_unknown_is_refused():
    with pytest.raises(ValueError, match="`condition` must be vectors or tokens, the last axis"):
        FiLM()(keras.Input((4,)), keras.Input((None,)))
