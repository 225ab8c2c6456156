"""Squeeze and excitation is its paper's equation, over the modalities that a row has."""

import keras
import numpy as np
import pytest

from keras_multimodal.layers import SqueezeExciteFusion

TEXT = np.random.default_rng(19).normal(size=(4, 3, 6)).astype("float32")
IMAGE = np.random.default_rng(20).normal(size=(4, 5, 4)).astype("float32")
SENSOR = np.random.default_rng(21).normal(size=(4, 2)).astype("float32")
INPUTS = {"text": TEXT, "image": IMAGE, "sensor": SENSOR}
# Everything; no text; a sensor alone; nothing.
MASKS = {
    "text": np.array([[1, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]], bool),
    "image": np.array([[1, 0, 1, 0, 1], [0, 1, 0, 0, 0], [0] * 5, [0] * 5], bool),
    "sensor": np.array([True, True, True, False]),
}
EVERYTHING = {name: np.ones(mask.shape, bool) for name, mask in MASKS.items()}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def reference(p, names, inputs, masks, relu):
    """Vaezi Joze et al., 2020, section 3, one row and one token at a time."""
    outputs = {name: np.zeros(inputs[name].shape) for name in names}
    for row in range(4):
        squeezed = []
        for name in names:
            x, mask = inputs[name][row].astype("float64"), masks[name][row]
            tokens = x[None] if x.ndim == 1 else x
            found = tokens[np.atleast_1d(mask)]
            squeezed.append(found.mean(axis=0) if len(found) else np.zeros(tokens.shape[1]))
        joint = np.concatenate(squeezed) @ p["squeeze/kernel"] + p["squeeze/bias"]
        if relu:
            joint = np.where(joint > 0, joint, 0)
        for name in names:
            excited = joint @ p[f"{name}_excitation/kernel"] + p[f"{name}_excitation/bias"]
            scaled = 2 * sigmoid(excited) * inputs[name][row]
            outputs[name][row] = np.where(masks[name][row][..., None], scaled, 0)
    return outputs


def built(inputs, randomize, **options):
    layer = SqueezeExciteFusion(**options)
    layer.build(keras.tree.map_structure(lambda x: x.shape, inputs))
    randomize(layer)
    return layer


@pytest.mark.parametrize("masks", [MASKS, None], ids=["masks", "no_masks"])
@pytest.mark.parametrize("activation", ["relu", None])
def test_it_is_its_equation(activation, masks, randomize, parameters):
    layer = built(INPUTS, randomize, ratio=2, activation=activation)
    names = ("image", "sensor", "text")
    expected = reference(
        parameters(layer), names, INPUTS, masks or EVERYTHING, relu=activation == "relu"
    )
    outputs = layer(INPUTS, mask=masks)
    assert outputs.keys() == INPUTS.keys()
    for name, output in outputs.items():
        np.testing.assert_allclose(output, expected[name], rtol=1e-5, atol=1e-6)


def test_of_two_it_is_the_paper_s(randomize, parameters):
    layer = built([IMAGE, TEXT], randomize, activation=None)
    p = parameters(layer)
    first, second = layer([IMAGE, TEXT])
    for row in range(4):
        means = np.append(IMAGE[row].mean(axis=0), TEXT[row].mean(axis=0)).astype("float64")
        z = means @ p["squeeze/kernel"] + p["squeeze/bias"]
        assert z.shape == ((4 + 6) // 4,)
        for x, output, m in ((IMAGE, first, 0), (TEXT, second, 1)):
            excited = z @ p[f"{m}_excitation/kernel"] + p[f"{m}_excitation/bias"]
            np.testing.assert_allclose(output[row], 2 * sigmoid(excited) * x[row], rtol=1e-5)


def test_by_hand():
    layer = SqueezeExciteFusion(kernel_initializer="ones")
    log = float(np.log(3))
    words = np.array([[[3 * log], [-log], [np.nan]], [[np.nan]] * 3], "float32")
    sensor = np.array([[0.0], [-1.0]], "float32")
    mask = np.array([[True, True, False], [False, False, False]])
    words, sensor = layer([words, sensor], mask=[mask, None])
    # The means are log(3) and 0, and so the scale 2 * 3 / 4; then relu(-1) = 0 leaves 2 / 2.
    np.testing.assert_allclose(words, [[[4.5 * log], [-1.5 * log], [0]], [[0]] * 3], rtol=1e-6)
    np.testing.assert_allclose(sensor, [[0], [-1]], rtol=1e-6)


def test_an_absent_modality_leaves_the_others_to_themselves(randomize):
    layer = built([IMAGE, TEXT], randomize)
    absent = np.zeros(TEXT.shape[:2], bool)
    image, text = layer([IMAGE, TEXT], mask=[None, absent])
    alone, _ = layer([IMAGE, np.zeros_like(TEXT)])
    np.testing.assert_allclose(image, alone, rtol=1e-6)
    np.testing.assert_array_equal(text, 0)


def test_the_joint_vector_has_a_feature_at_the_least():
    layer = SqueezeExciteFusion(ratio=16)
    layer.build([(None, 3), (None, 5, 4)])
    # From 7 to 1, and from there to 3 and 4.
    assert layer.count_params() == 7 + 1 + 2 * 3 + 2 * 4


def test_shapes_are_known_symbolically():
    inputs = {"text": keras.Input((None, 5)), "sensor": keras.Input((7,))}
    outputs = SqueezeExciteFusion()(inputs)
    assert outputs["text"].shape == (None, None, 5)
    assert outputs["sensor"].shape == (None, 7)


def test_a_ratio_below_one_is_refused():
    with pytest.raises(ValueError, match=r"`ratio` must be at least 1. Received: ratio=0"):
        SqueezeExciteFusion(ratio=0)


@pytest.mark.parametrize(
    ("inputs", "mask", "message"),
    [
        (SENSOR, None, "`inputs` must be a list or a dict"),
        ([TEXT[..., None], SENSOR], None, r"`inputs\[0\]` must be tokens .*\(4, 3, 6, 1\)"),
        ({"text": TEXT.astype("int32")}, None, r"`inputs\['text'\]` must .* dtype int32"),
        ([TEXT, SENSOR], [MASKS["sensor"], None], r"`mask\[0\]` must be .* shape \(4,\)"),
        ([SENSOR], [np.ones(4)], r"`mask\[0\]` must be boolean .* Received: dtype float"),
        ({"text": TEXT}, {"words": MASKS["text"]}, r"`mask` must .*\['text'\].*\['words'\]"),
    ],
)
def test_bad_inputs_are_named(inputs, mask, message):
    with pytest.raises(ValueError, match=message):
        SqueezeExciteFusion()(inputs, mask=mask)


def test_whole_numbers_are_refused_when_the_model_is_put_together():
    with pytest.raises(ValueError, match=r"`inputs\[1\]` must have a float dtype.* dtype int32"):
        SqueezeExciteFusion()([keras.Input((5,)), keras.Input((None, 6), dtype="int32")])
