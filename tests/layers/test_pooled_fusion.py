"""Any fusion ends in one vector, over what is there."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_multimodal.layers import (
    ConcatFusion,
    GatedFusion,
    LogitFusion,
    MeanFusion,
    PooledFusion,
    fusion,
)

TEXT = np.random.default_rng(13).normal(size=(4, 3, 6)).astype("float32")
IMAGE = np.random.default_rng(14).normal(size=(4, 5, 4)).astype("float32")
SENSOR = np.random.default_rng(15).normal(size=(4, 2)).astype("float32")
INPUTS = {"text": TEXT, "image": IMAGE, "sensor": SENSOR}
# Everything; no text; a sensor alone; nothing.
MASKS = {
    "text": np.array([[1, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]], bool),
    "image": np.array([[1, 0, 1, 0, 1], [0, 1, 0, 0, 0], [0] * 5, [0] * 5], bool),
    "sensor": np.array([True, True, True, False]),
}
NAMES = ("image", "sensor", "text")


@keras.saving.register_keras_serializable("test_pooled_fusion")
class Same(keras.layers.Layer):
    """A fusion that returns the modalities as they come."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        return keras.tree.map_structure(ops.copy, inputs)

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable("test_pooled_fusion")
class First(Same):
    """A fusion that returns one sequence of tokens, the first modality's."""

    def call(self, inputs, mask=None):
        return ops.copy(inputs[0])

    def compute_mask(self, inputs, previous_mask=None):
        return None if previous_mask is None else previous_mask[0]

    def compute_output_shape(self, input_shape):
        return input_shape[0]


def test_by_hand():
    """Means 2 and 5 side by side; then the second row's text, absent, as the learned zero."""
    text = np.array([[[1.0], [3.0]], [[np.nan], [7.0]]], "float32")
    image = np.array([[[5.0], [9.0]], [[4.0], [6.0]]], "float32")
    masks = [np.array([[True, True], [False, False]]), np.array([[True, False], [True, True]])]
    fused = PooledFusion(Same())([text, image], mask=masks)
    np.testing.assert_allclose(fused, [[2.0, 5.0], [0.0, 5.0]])
    averaged = PooledFusion(Same(), join="mean")([text, image], mask=masks)
    np.testing.assert_allclose(averaged, [[3.5], [5.0]])
    greatest = PooledFusion(First(), pooling="max")([text, image], mask=masks)
    np.testing.assert_allclose(greatest, [[3.0], [0.0]])


@pytest.mark.parametrize("masks", [MASKS, None])
@pytest.mark.parametrize("join", ["concat", "mean"])
@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_project_pool_and_join_in_plain_numpy(pooling, join, masks, randomize, parameters):
    layer = PooledFusion(Same(), dim=3, pooling=pooling, join=join)
    layer.build({name: x.shape for name, x in INPUTS.items()})
    randomize(layer)
    p = parameters(layer)
    output = ops.convert_to_numpy(layer(INPUTS, mask=masks))
    kept = masks or {name: np.ones(mask.shape, bool) for name, mask in MASKS.items()}
    for row in range(4):
        parts = []
        for name in NAMES:
            x = np.atleast_2d(INPUTS[name][row].astype("float64"))[np.atleast_1d(kept[name][row])]
            x = (
                x @ p[f"projection/{name}_projection/kernel"]
                + p[f"projection/{name}_projection/bias"]
            )
            if len(x):
                parts.append(x.mean(axis=0) if pooling == "mean" else x.max(axis=0))
            elif join == "concat":
                parts.append(p[f"join/absent_{name}"])
        expected = np.concatenate(parts) if join == "concat" else np.mean(parts or [[0] * 3], 0)
        np.testing.assert_allclose(output[row], expected, rtol=1e-5, atol=1e-5)


def test_a_fusion_that_makes_a_vector_is_left_alone():
    gated = GatedFusion(5)
    layer = PooledFusion(gated)
    np.testing.assert_array_equal(layer(INPUTS, mask=MASKS), gated(INPUTS, mask=MASKS))
    assert layer.fusion is gated
    assert len(layer.weights) == len(gated.weights)


def test_a_name_needs_no_width_when_the_modalities_are_projected():
    with pytest.raises(ValueError, match="`inputs` must have one width"):
        PooledFusion("mean")(INPUTS)
    assert tuple(PooledFusion("mean", dim=3)(INPUTS).shape) == (4, 3)


def test_dropout_acts_in_training_alone():
    layer = PooledFusion(fusion.get("cross_attention", dropout=0.5, seed=3), dim=4)
    inference = layer(INPUTS)
    np.testing.assert_array_equal(layer(INPUTS, training=False), inference)
    assert np.abs(layer(INPUTS, training=True) - inference).max() > 1e-4


def test_a_saved_model_does_not_depend_on_what_the_name_stands_for(tmp_path):
    inputs = {name: keras.Input(x.shape[1:], name=name) for name, x in INPUTS.items()}
    model = keras.Model(inputs, PooledFusion("cross_attention", dim=8)(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(again.predict_on_batch(INPUTS), model.predict_on_batch(INPUTS))
    config = again.layers[-1].get_config()
    assert config["fusion"]["config"]["layer"]["config"]["num_heads"] == 4


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"fusion": "meen"}, ValueError, "Did you mean 'mean'"),
        ({"fusion": None}, TypeError, "`fusion` must be a name or a layer"),
        ({"fusion": "logits"}, ValueError, "give `LogitFusion` each modality's logits"),
        ({"fusion": LogitFusion()}, ValueError, "give `LogitFusion` each modality's logits"),
        ({"fusion": keras.layers.Average()}, ValueError, r"must have a `call\(inputs, mask\)`"),
        ({"fusion": "mean", "dim": 0}, ValueError, "`dim` must be at least 1"),
        ({"fusion": "mean", "pooling": "sum"}, ValueError, r"`pooling` must be one of \['max'"),
        ({"fusion": "mean", "join": "sum"}, ValueError, r"`join` must be one of \['concat'"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        PooledFusion(**arguments)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (TEXT, "`inputs` must be a list or a dict of at least one modality"),
        ([TEXT[..., None]], "must be tokens"),
    ],
)
def test_wrong_inputs_are_refused(inputs, message):
    symbolic = keras.tree.map_structure(lambda x: keras.Input(x.shape[1:]), inputs)
    for given in (inputs, symbolic):
        with pytest.raises(ValueError, match=message):
            PooledFusion(ConcatFusion(), dim=4)(given)


def test_wrong_dtypes_and_masks_are_refused():
    layer = PooledFusion(MeanFusion(), dim=4)
    layer([TEXT, IMAGE])
    with pytest.raises(ValueError, match=r"`inputs\[1\]` must have a float dtype"):
        layer([TEXT, IMAGE.astype("int32")])
    with pytest.raises(ValueError, match=r"`inputs\[1\]` must have a float dtype"):
        layer([keras.Input((3, 6)), keras.Input((5, 4), dtype="int32")])
    with pytest.raises(ValueError, match=r"`mask\[0\]` must be boolean"):
        layer([TEXT, IMAGE], mask=[np.ones((4, 3), "float32"), None])
