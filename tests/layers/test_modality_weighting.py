import keras
import numpy as np
import pytest

from keras_multimodal.layers import ModalityWeighting

TEXT = np.random.default_rng(12).normal(size=(4, 3, 6)).astype("float32")
IMAGE = np.random.default_rng(13).normal(size=(4, 5, 6)).astype("float32")
SENSOR = np.random.default_rng(14).normal(size=(4, 6)).astype("float32")
TEXT_MASK = np.array([[1, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]], bool)
IMAGE_MASK = np.array([[1, 0, 1, 0, 1], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]], bool)
SENSOR_MASK = np.array([True, True, False, False])
INPUTS = {"text": TEXT, "image": IMAGE, "sensor": SENSOR}
MASKS = {"text": TEXT_MASK, "image": IMAGE_MASK, "sensor": SENSOR_MASK}
NAMES = ("image", "sensor", "text")
FIXED = {"text": 1.0, "image": 3.0, "sensor": 0.5}


def reference(p, layer, inputs, masks):
    """The class's equation in float64, one row at a time, over the modalities it has."""
    pool = {"mean": np.mean, "max": np.max}[layer.pooling]
    batch, dim = len(SENSOR), SENSOR.shape[-1]
    output, weights = np.zeros((batch, dim)), np.zeros((batch, len(NAMES)))
    for b in range(batch):
        vectors, scores = {}, {}
        for m, name in enumerate(NAMES):
            x, mask = inputs[name][b].astype("float64"), masks[name][b]
            if not mask.any():
                continue
            vectors[m] = x if x.ndim == 1 else pool(x[mask], axis=0)
            if layer.mode == "input":
                scores[m] = np.exp((vectors[m] @ p["kernel"][m] + p["bias"][m]) / layer.temperature)
            elif layer.mode == "learned":
                scores[m] = np.exp(p["bias"][m] / layer.temperature)
            else:
                scores[m] = FIXED[name]
        for m in vectors:
            weights[b, m] = scores[m] / sum(scores.values())
            output[b] += weights[b, m] * vectors[m]
    return output, weights


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"temperature": 0.3},
        {"pooling": "max"},
        {"mode": "learned", "temperature": 2.0},
        {"mode": "fixed", "fixed_weights": FIXED},
    ],
    ids=str,
)
def test_it_is_its_equation(options, randomize, parameters):
    layer = ModalityWeighting(**options)
    layer.build({name: x.shape for name, x in INPUTS.items()})
    randomize(layer)
    output, weights = layer(INPUTS, mask=MASKS, return_weights=True)
    expected, expected_weights = reference(parameters(layer), layer, INPUTS, MASKS)
    assert layer.modality_names == NAMES
    np.testing.assert_allclose(weights, expected_weights, rtol=1e-5, atol=1e-7)
    bound = 1e-5 * np.abs(expected).max()
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=bound)
    np.testing.assert_array_equal(layer(INPUTS, mask=MASKS), output)


class Spread(keras.layers.Layer):
    """A layer of a list, called with the list's parts, as the `gradients` fixture calls it."""

    def __init__(self, layer, masks):
        super().__init__()
        self.layer = layer
        self.masks = masks

    def call(self, *inputs):
        return self.layer(list(inputs), mask=self.masks)


@pytest.mark.parametrize("mode", ["input", "learned", "fixed"])
def test_weights_are_shared_by_the_modalities_that_are_there(mode, randomize, gradients):
    layer = ModalityWeighting(mode=mode)
    layer.build([x.shape for x in INPUTS.values()])
    randomize(layer)
    output, weights = map(
        np.asarray, layer(list(INPUTS.values()), mask=list(MASKS.values()), return_weights=True)
    )
    present = np.stack([TEXT_MASK.any(1), IMAGE_MASK.any(1), SENSOR_MASK], axis=1)
    np.testing.assert_array_equal(weights[~present], 0)
    assert (weights[present] > 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), [1, 1, 1, 0], rtol=1e-6)
    np.testing.assert_array_equal(output[3], 0)
    _, by_input = gradients(Spread(layer, list(MASKS.values())), [TEXT, IMAGE, SENSOR])
    for gradient, mask in zip(by_input, MASKS.values(), strict=True):
        np.testing.assert_array_equal(gradient[~mask], 0)
        assert (gradient[mask] != 0).any(axis=-1).all()


def test_by_hand():
    picture = np.array([[2.0, 0.0], [2.0, 0.0]], "float32")
    words = np.array([[[0.0, 4.0], [9.0, 9.0]], [[0.0, 4.0], [0.0, 8.0]]], "float32")
    masks = [np.array([True, False]), np.array([[True, False], [True, True]])]
    output, weights = ModalityWeighting(mode="fixed", fixed_weights=[3, 1])(
        [picture, words], mask=masks, return_weights=True
    )
    np.testing.assert_allclose(weights, [[0.75, 0.25], [0, 1]], rtol=1e-6)
    np.testing.assert_allclose(output, [[1.5, 1.0], [0, 6.0]], rtol=1e-6)


@pytest.mark.parametrize("mode", ["input", "learned", "fixed"])
def test_it_starts_as_the_mean_of_the_modalities(mode):
    vectors = [SENSOR, SENSOR[::-1], SENSOR[[1, 0, 3, 2]]]
    np.testing.assert_allclose(
        ModalityWeighting(mode=mode)(vectors), np.mean(vectors, axis=0), rtol=1e-5, atol=1e-6
    )


def test_temperature_sharpens_and_evens_out(randomize):
    def largest(temperature):
        layer = ModalityWeighting(temperature=temperature)
        layer.build([SENSOR.shape, SENSOR.shape])
        randomize(layer)
        _, weights = layer([SENSOR, SENSOR[::-1]], return_weights=True)
        return np.max(np.asarray(weights), axis=1)

    assert (largest(0.1) > largest(1.0)).all()
    assert (largest(1.0) > largest(10.0)).all()
    np.testing.assert_allclose(largest(1e6), 0.5, atol=1e-4)


def test_presence_goes_on_to_the_next_fusion():
    """A vector's mask, over rows, says whether any of its modalities was there."""
    flag = keras.Input((3,), name="flag")
    vector = keras.layers.Masking()(keras.layers.Reshape((3, 1))(flag))
    inner = ModalityWeighting()([vector, vector])
    other = keras.Input((1,), name="other")
    _, weights = ModalityWeighting()([inner, other], return_weights=True)
    model = keras.Model([flag, other], weights)
    found = model([np.array([[0.0, 0, 0], [0, 5.0, 0]], "float32"), np.ones((2, 1), "float32")])
    np.testing.assert_allclose(found, [[0, 1], [0.5, 0.5]], rtol=1e-6)


def test_nan_that_is_not_masked_is_not_hidden():
    output = np.asarray(ModalityWeighting()([SENSOR, np.full_like(SENSOR, np.nan)]))
    assert np.isnan(output).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "attention"}, "`mode` must be .* Received: mode='attention'"),
        ({"fixed_weights": [1.0, 2.0]}, "`fixed_weights` must come with `mode='fixed'`"),
        ({"mode": "fixed", "fixed_weights": [1.0, -1.0]}, "must be at least 0 and finite"),
        ({"mode": "fixed", "fixed_weights": {"a": float("inf")}}, "at least 0 and finite"),
        ({"temperature": 0.0}, "`temperature` must be above 0. Received: temperature=0.0"),
        ({"temperature": float("nan")}, "`temperature` must be above 0"),
        ({"mode": "fixed", "temperature": 2.0}, "`temperature` must be 1"),
        ({"pooling": "sum"}, "`pooling` must be one of .* Received: pooling='sum'"),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        ModalityWeighting(**options)


@pytest.mark.parametrize(
    ("options", "inputs", "mask", "message"),
    [
        ({}, SENSOR, None, "`inputs` must be a list or a dict"),
        ({}, [SENSOR, SENSOR[:, :3]], None, r"`SharedProjection\(units\)` .* {0: 6, 1: 3}"),
        ({}, [SENSOR, SENSOR[:, 0]], None, r"`inputs\[1\]` must be tokens .* \(4,\)"),
        ({}, {"a": SENSOR.astype("int32")}, None, r"`inputs\['a'\]` must .* dtype int32"),
        ({}, [SENSOR], [TEXT_MASK], r"`mask\[0\]` must be .*\(4,\).* shape \(4, 3\)"),
        ({}, [SENSOR], [np.ones(4, "float32")], r"`mask\[0\]` must be boolean .* dtype float32"),
        ({}, [SENSOR], [SENSOR_MASK] * 2, "`mask` must be a list of 1.* Received: a list of 2"),
        (
            {"mode": "fixed", "fixed_weights": FIXED},
            {"text": TEXT, "image": IMAGE},
            None,
            r"`fixed_weights` must be .*\['image', 'text'\].*\['image', 'sensor', 'text'\]",
        ),
        ({"mode": "fixed", "fixed_weights": [1, 2]}, [SENSOR], None, "Received: a list of 2"),
    ],
)
def test_bad_inputs_are_named(options, inputs, mask, message):
    with pytest.raises(ValueError, match=message):
        ModalityWeighting(**options)(inputs, mask=mask)


def test_other_modalities_than_those_it_was_built_for_are_named():
    layer = ModalityWeighting()
    layer([SENSOR, SENSOR])
    with pytest.raises(ValueError, match=r"a list of 2, as when .* Received: a list of 3"):
        layer([SENSOR] * 3)
    with pytest.raises(ValueError, match=r"Received: a dict with the names \['a', 'b'\]"):
        layer({"a": SENSOR, "b": SENSOR})


def test_a_low_temperature_does_not_overflow_half_precision():
    layer = ModalityWeighting(temperature=1e-3, kernel_initializer="ones", dtype="mixed_float16")
    vectors = [np.ones((1, 128), "float16"), np.full((1, 128), 2, "float16")]
    _, weights = layer(vectors, return_weights=True)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(weights), [[0, 1]])


@pytest.mark.parametrize("mode", ["input", "learned", "fixed"])
def test_modalities_may_be_a_single_number(mode):
    numbers = [np.array([[1.0], [4.0]], "float32"), np.array([[3.0], [8.0]], "float32")]
    np.testing.assert_allclose(ModalityWeighting(mode=mode)(numbers), [[2.0], [6.0]])
