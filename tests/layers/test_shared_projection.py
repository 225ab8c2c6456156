import keras
import numpy as np
import pytest

from keras_multimodal.layers import SharedProjection

TEXT = np.random.default_rng(13).normal(size=(3, 4, 5)).astype("float32")
SENSOR = np.random.default_rng(14).normal(size=(3, 7)).astype("float32")
TEXT_MASK = np.array([[1, 1, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0]], bool)
SENSOR_MASK = np.array([True, False, True])
INPUTS, MASKS = {"text": TEXT, "sensor": SENSOR}, {"text": TEXT_MASK, "sensor": SENSOR_MASK}


def reference(p, layer, name, x, mask):
    """The class's equation in float64, for one modality, zero where it is masked."""
    x = x.astype("float64")
    for index in range(len(layer.hidden_units)):
        x = np.tanh(x @ p[f"{name}_hidden_{index}/kernel"] + p[f"{name}_hidden_{index}/bias"])
    last = "shared" if layer.share_last_layer else name
    x = x @ p[f"{last}_projection/kernel"] + p[f"{last}_projection/bias"]
    if layer.normalization == "layer":
        x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
        x = x * p[f"{last}_normalization/gamma"] + p[f"{last}_normalization/beta"]
    if layer.normalization == "l2":
        x /= np.linalg.norm(x, axis=-1, keepdims=True)
    return np.where(mask[..., None], x, 0)


@pytest.mark.parametrize(
    ("hidden_units", "share_last_layer"),
    [((), False), ((6,), False), ((6, 3), False), ((6,), True), ((6, 3), True)],
    ids=str,
)
@pytest.mark.parametrize("normalization", [None, "layer", "l2"])
def test_it_is_its_equation(hidden_units, normalization, share_last_layer, randomize, parameters):
    layer = SharedProjection(
        8,
        hidden_units,
        activation="tanh",
        normalization=normalization,
        share_last_layer=share_last_layer,
    )
    layer.build({name: x.shape for name, x in INPUTS.items()})
    randomize(layer)
    outputs = layer(INPUTS, mask=MASKS)
    for name, output in outputs.items():
        expected = reference(parameters(layer), layer, name, INPUTS[name], MASKS[name])
        bound = 1e-5 * np.abs(expected).max()
        np.testing.assert_allclose(output, expected, rtol=1e-5, atol=bound)
        np.testing.assert_array_equal(np.asarray(output)[~MASKS[name]], 0)


def test_by_hand():
    layer = SharedProjection(1, kernel_initializer="ones", bias_initializer="ones")
    words, vector = layer(
        [np.array([[[1.0, 2.0], [5.0, 5.0]]], "float32"), np.array([[4.0]], "float32")],
        mask=[np.array([[True, False]]), None],
    )
    np.testing.assert_allclose(words, [[[4.0], [0.0]]], rtol=1e-6)
    np.testing.assert_allclose(vector, [[5.0]], rtol=1e-6)


def test_a_shared_last_layer_is_one_layer():
    layer = SharedProjection(8, hidden_units=(6,), share_last_layer=True, normalization="layer")
    layer.build([TEXT.shape, SENSOR.shape])
    # Two hidden layers, one projection, one normalization: each of two weights.
    assert len(layer.trainable_variables) == 8
    own = SharedProjection(8, hidden_units=(6,), normalization="layer")
    own.build([TEXT.shape, SENSOR.shape])
    assert len(own.trainable_variables) == 12


def test_without_hidden_layers_inputs_of_one_width_can_share():
    layer = SharedProjection(8, share_last_layer=True)
    first, second = layer([SENSOR, SENSOR])
    np.testing.assert_array_equal(first, second)
    assert len(layer.trainable_variables) == 2


def test_shapes_are_known_symbolically():
    inputs = {"text": keras.Input((None, 5)), "sensor": keras.Input((7,))}
    outputs = SharedProjection(8)(inputs)
    assert outputs["text"].shape == (None, None, 8)
    assert outputs["sensor"].shape == (None, 8)


def test_modalities_of_one_shape_start_with_numbers_of_their_own():
    first, second = SharedProjection(8)([SENSOR, SENSOR])
    assert (np.asarray(first) != np.asarray(second)).all()


def test_nan_that_is_not_masked_is_not_hidden():
    assert np.isnan(np.asarray(SharedProjection(8)([np.full_like(SENSOR, np.nan)])[0])).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"units": 0}, "`units` must be at least 1. Received: units=0"),
        ({"units": 4, "hidden_units": (3, 0)}, r"Received: hidden_units=\(3, 0\)"),
        ({"units": 4, "normalization": "batch"}, "Received: normalization='batch'"),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        SharedProjection(**options)


def test_a_shared_layer_needs_one_width():
    with pytest.raises(ValueError, match=r"`hidden_units` must .* {'sensor': 7, 'text': 5}"):
        SharedProjection(8, share_last_layer=True)(INPUTS)


@pytest.mark.parametrize(
    ("inputs", "mask", "message"),
    [
        (SENSOR, None, "`inputs` must be a list or a dict"),
        ([TEXT[..., None]], None, r"`inputs\[0\]` must be tokens .*\(3, 4, 5, 1\)"),
        ({"text": TEXT.astype("int32")}, None, r"`inputs\['text'\]` must .* dtype int32"),
        ([TEXT], [SENSOR_MASK], r"`mask\[0\]` must be .*\(3, 4\).* shape \(3,\)"),
        ({"text": TEXT}, {"words": TEXT_MASK}, r"`mask` must .*\['text'\].*\['words'\]"),
    ],
)
def test_bad_inputs_are_named(inputs, mask, message):
    with pytest.raises(ValueError, match=message):
        SharedProjection(8)(inputs, mask=mask)
