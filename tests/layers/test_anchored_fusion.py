"""The anchor takes up the others' tokens, and nothing else changes."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_multimodal.layers import AnchoredFusion, CrossModalAttention, MeanFusion, fusion

TEXT = np.random.default_rng(11).normal(size=(4, 3, 6)).astype("float32")
IMAGE = np.random.default_rng(12).normal(size=(4, 5, 6)).astype("float32")
SENSOR = np.random.default_rng(13).normal(size=(4, 6)).astype("float32")
INPUTS = {"text": TEXT, "image": IMAGE, "sensor": SENSOR}
# Everything; no anchor; the anchor alone; nothing.
MASKS = {
    "text": np.array([[1, 1, 0], [0, 0, 0], [1, 0, 1], [0, 0, 0]], bool),
    "image": np.array([[1, 0, 1, 0, 1], [0, 1, 0, 0, 0], [0] * 5, [0] * 5], bool),
    "sensor": np.array([True, True, False, False]),
}


@keras.saving.register_keras_serializable("test_anchored_fusion")
class AddMean(keras.layers.Layer):
    """Adds the mean of `context`, times a weight, to `x`: a layer of two arguments."""

    def build(self, x_shape, context_shape):
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

    def call(self, x, context, x_mask=None, context_mask=None):
        weight = ops.ones_like(context[..., :1])
        if context_mask is not None:
            weight = ops.cast(context_mask, x.dtype)[..., None]
            context = ops.where(context_mask[..., None], context, 0.0)
        total = ops.sum(context * weight, axis=1, keepdims=True)
        x = x + self.scale * total / ops.maximum(ops.sum(weight, axis=1, keepdims=True), 1.0)
        return x if x_mask is None else ops.where(x_mask[..., None], x, 0.0)

    def compute_output_shape(self, x_shape, context_shape):
        return x_shape


def test_by_hand():
    """One token of the anchor meets three others, of which two are there: (4 + 8) / 2."""
    anchor = np.array([[[1.0]], [[2.0]]], "float32")
    pair = np.array([[[4.0], [np.nan]], [[6.0], [10.0]]], "float32")
    vector = np.array([[8.0], [np.nan]], "float32")
    masks = [None, np.array([[True, False], [True, True]]), np.array([True, False])]
    outputs = AnchoredFusion(AddMean())([anchor, pair, vector], mask=masks)
    np.testing.assert_allclose(outputs[0], [[[7.0]], [[10.0]]])
    np.testing.assert_allclose(outputs[1], [[[4.0], [0.0]], [[6.0], [10.0]]])
    np.testing.assert_allclose(outputs[2], [[8.0], [0.0]])


@pytest.mark.parametrize("masks", [MASKS, None])
@pytest.mark.parametrize("anchor", ["text", "image", "sensor", None])
def test_it_is_the_layer_called_row_by_row(anchor, masks, randomize):
    """With the tokens that a row has, and without a mask."""
    cross = CrossModalAttention(num_heads=2, residual=True)
    layer = AnchoredFusion(cross, anchor=anchor)
    layer.build({name: x.shape for name, x in INPUTS.items()})
    randomize(layer)
    outputs = {name: ops.convert_to_numpy(y) for name, y in layer(INPUTS, mask=masks).items()}
    anchor = anchor or "image"
    others = [name for name in ("image", "sensor", "text") if name != anchor]
    kept = masks or {name: np.ones(mask.shape, bool) for name, mask in MASKS.items()}
    for row in range(4):
        tokens, found = {}, {}
        for name, x in INPUTS.items():
            mask = np.atleast_1d(kept[name][row])
            tokens[name] = np.atleast_2d(x[row])[mask]
            found[name] = np.atleast_2d(outputs[name][row])
            assert not found[name][~mask].any()
            found[name] = found[name][mask]
        for name in others:
            np.testing.assert_array_equal(found[name], tokens[name])
        context = np.concatenate([tokens[name] for name in others])
        expected = tokens[anchor]
        if len(expected) and len(context):
            expected = ops.convert_to_numpy(cross(expected[None], context[None]))[0]
        np.testing.assert_allclose(found[anchor], expected, rtol=1e-5, atol=1e-5)


def test_a_layer_that_leaks_what_is_masked_gets_zeros_to_read():
    """Stock attention reads masked places where all are masked, and its bias stays."""
    layer = AnchoredFusion(keras.layers.MultiHeadAttention(2, 4), anchor="text")
    layer.build({name: x.shape for name, x in INPUTS.items()})
    for weight in layer.weights:
        weight.assign(keras.random.normal(weight.shape, seed=1))
    blank = {
        name: np.where(MASKS[name].reshape((*MASKS[name].shape, 1)), x, np.nan)
        for name, x in INPUTS.items()
    }
    found = ops.convert_to_numpy(layer(blank, mask=MASKS)["text"])
    np.testing.assert_array_equal(found[~MASKS["text"]], 0)
    zeros = {name: np.nan_to_num(x) for name, x in blank.items()}
    np.testing.assert_array_equal(found, layer(zeros, mask=MASKS)["text"])
    assert found[0].any()


def test_the_layer_is_built_for_all_the_others_tokens():
    """A vector is one token beside the picture's five."""
    shapes = []

    class Note(AddMean):
        def build(self, *own):
            shapes.extend(own)
            super().build(*own)

    layer = AnchoredFusion(Note(), anchor="text")
    layer.build({name: (4, *x.shape[1:]) for name, x in INPUTS.items()})
    assert shapes == [(4, 3, 6), (4, 6, 6)]


def test_dropout_acts_in_training_alone():
    layer = fusion.get("cross_attention", num_heads=2, dropout=0.5, seed=3)
    inference = layer(INPUTS)["image"]
    np.testing.assert_array_equal(layer(INPUTS, training=False)["image"], inference)
    assert np.abs(layer(INPUTS, training=True)["image"] - inference).max() > 1e-3


def test_the_anchor_may_have_a_width_of_its_own():
    layer = fusion.get("cross_attention", anchor=0, num_heads=2, output_dim=8, residual=False)
    narrow = TEXT[..., :4]
    attended, *others = layer([narrow, IMAGE, SENSOR])
    context = np.concatenate([IMAGE, SENSOR[:, None]], axis=1)
    assert attended.shape == (4, 3, 8)
    np.testing.assert_allclose(attended, layer.layer(narrow, context), rtol=1e-5, atol=1e-6)
    for found, given in zip(others, (IMAGE, SENSOR), strict=True):
        np.testing.assert_array_equal(found, given)


def test_a_copy_follows_another_dtype():
    cross = CrossModalAttention(2, residual=True)
    layer = AnchoredFusion(cross, dtype="mixed_bfloat16")
    assert layer.layer is not cross
    assert layer.layer.compute_dtype == "bfloat16"
    assert AnchoredFusion(cross).layer is cross
    cross(TEXT, IMAGE)  # has weights now, which a copy would not have
    assert AnchoredFusion(cross, dtype="mixed_bfloat16").layer is cross


class OneTensor(keras.layers.Layer):
    def call(self, x):
        return x


@pytest.mark.parametrize(
    ("layer", "anchor", "error", "message"),
    [
        ("cross_attention", None, TypeError, "`layer` must be a Keras layer"),
        (CrossModalAttention(2), 1.0, TypeError, "`anchor` must be a modality's name or position"),
        (OneTensor(), None, ValueError, "`layer` must take two tensors and their masks"),
        (MeanFusion(), None, ValueError, "`layer` must take two tensors and their masks"),
    ],
)
def test_wrong_arguments_are_refused(layer, anchor, error, message):
    with pytest.raises(error, match=message):
        AnchoredFusion(layer, anchor)


@pytest.mark.parametrize(
    ("anchor", "inputs", "message"),
    [
        ("audio", INPUTS, r"`anchor` must be one of the modalities \['image', 'sensor', 'text'\]"),
        (3, [TEXT, IMAGE], r"`anchor` must be one of the modalities \[0, 1\]"),
        (None, [TEXT], "`inputs` must have a second modality"),
        (None, TEXT, "`inputs` must be a list or a dict of at least one modality"),
        (None, [TEXT, IMAGE, SENSOR[:, :4]], "`inputs` must have one width"),
        (None, [TEXT[..., None], IMAGE], "must be tokens"),
    ],
)
def test_wrong_inputs_are_refused(anchor, inputs, message):
    symbolic = keras.tree.map_structure(lambda x: keras.Input(x.shape[1:]), inputs)
    for given in (inputs, symbolic):
        with pytest.raises(ValueError, match=message):
            fusion.get("cross_attention", anchor=anchor, num_heads=2)(given)


def test_wrong_dtypes_and_masks_are_refused():
    layer = fusion.get("cross_attention", num_heads=2)
    layer([TEXT, IMAGE])
    with pytest.raises(ValueError, match=r"`inputs\[1\]` must have a float dtype"):
        layer([TEXT, IMAGE.astype("int32")])
    with pytest.raises(ValueError, match=r"`inputs\[1\]` must have a float dtype"):
        layer([keras.Input((3, 6)), keras.Input((5, 6), dtype="int32")])
    with pytest.raises(ValueError, match=r"`mask\[0\]` must be boolean"):
        layer([TEXT, IMAGE], mask=[np.ones((4, 3), "float32"), None])
    with pytest.raises(ValueError, match=r"`mask\[1\]` must be boolean and have the shape"):
        layer([TEXT, IMAGE], mask=[None, np.ones((4, 4), bool)])
