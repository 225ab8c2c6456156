"""Every fusion has a name, and every name makes a fusion that ends in a vector and trains."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_multimodal.layers import (
    AnchoredFusion,
    CrossModalAttention,
    GatedFusion,
    MeanFusion,
    PooledFusion,
    attention,
    fusion,
)
from keras_multimodal.testing._probes import AttachMask

INPUTS = {
    "text": np.random.default_rng(5).normal(size=(3, 4, 6)).astype("float32"),
    "image": np.random.default_rng(6).normal(size=(3, 5, 7)).astype("float32"),
    "sensor": np.random.default_rng(7).normal(size=(3, 3)).astype("float32"),
}
# Everything, with gaps; the text alone; no text.
MASKS = {
    "text": np.array([[1, 1, 0, 0], [1, 0, 1, 1], [0, 0, 0, 0]], bool),
    "image": np.array([[1, 0, 1, 1, 0], [0, 0, 0, 0, 0], [1, 1, 1, 1, 0]], bool),
    "sensor": np.array([True, False, True]),
}
# Smaller than what the names stand for, since compiling them takes most of the time.
SMALLER = {
    "co_attention": {"self_attention": False},
    "cross_modal_transformer": {"num_layers": 1, "num_self_attention_layers": 0},
    "perceiver": {"num_layers": 1},
    "q_former": {"num_layers": 1},
}
# What these make isn't of several modalities' tokens or vectors.
NOT_FOR_TOKENS = {"logits"}
# Those that make a fusion of another layer.
WITHOUT_A_NAME = {"AnchoredFusion", "FusedTokens", "PooledFusion"}


def model_of(layer):
    """A model around a fusion; its batches have `<name>` and `<name>_mask`."""
    inputs, modalities = {}, {}
    for name, x in INPUTS.items():
        lengths = [None] * (x.ndim - 2)
        inputs[name] = keras.Input((*lengths, x.shape[-1]), name=name)
        inputs[f"{name}_mask"] = keras.Input(lengths, dtype="bool", name=f"{name}_mask")
        modalities[name] = AttachMask()([inputs[name], inputs[f"{name}_mask"]])
    return keras.Model(inputs, layer(modalities))


@pytest.mark.parametrize("name", [name for name in fusion.names() if name not in NOT_FOR_TOKENS])
def test_every_name_ends_in_a_vector_and_trains(name):
    keras.utils.set_random_seed(0)
    layer = PooledFusion(fusion.get(name, **SMALLER.get(name, {})), dim=8)
    model = model_of(layer)
    output = ops.convert_to_numpy(layer(INPUTS, mask=MASKS))
    assert output.shape == (3, model.output_shape[-1])
    assert np.isfinite(output).all()
    # What stands where nothing is doesn't matter.
    blank = {
        name: np.where(MASKS[name].reshape((*MASKS[name].shape, 1)), x, np.nan)
        for name, x in INPUTS.items()
    }
    np.testing.assert_allclose(layer(blank, mask=MASKS), output, rtol=1e-5, atol=1e-5)

    batch = {**INPUTS, **{f"{name}_mask": mask for name, mask in MASKS.items()}}
    model.compile(keras.optimizers.SGD(0.01), "mean_squared_error")
    history = model.fit(batch, np.ones_like(output), batch_size=3, epochs=4, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


@pytest.mark.parametrize("name", fusion.names())
def test_every_name_makes_a_layer_that_can_be_saved(name):
    layer = fusion.get(name, name="mine")
    assert layer.name == "mine"
    config = keras.saving.serialize_keras_object(layer)
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(layer)
    assert keras.saving.serialize_keras_object(again) == config


def test_every_fusion_has_a_name():
    public = {
        name
        for room in (attention, fusion)
        for name in room.__all__
        if isinstance(getattr(room, name), type)
    }
    layers = [fusion.get(name) for name in fusion.names()]
    named = {
        type(layer.layer if isinstance(layer, AnchoredFusion) else layer).__name__
        for layer in layers
    }
    assert public - named == WITHOUT_A_NAME


def test_options_reach_the_layer():
    assert fusion.get("gated").units == 64
    layer = fusion.get("gated", units=5, pooling="max", dtype="mixed_float16")
    assert (layer.units, layer.pooling, layer.compute_dtype) == (5, "max", "float16")


def test_options_of_a_layer_of_two_arguments():
    layer = fusion.get("cross_attention", anchor="text", num_heads=2, dtype="mixed_float16")
    assert isinstance(layer, AnchoredFusion)
    assert layer.anchor == "text"
    assert isinstance(layer.layer, CrossModalAttention)
    assert (layer.layer.num_heads, layer.layer.residual) == (2, True)
    assert layer.compute_dtype == layer.layer.compute_dtype == "float16"
    assert fusion.get("cross_attention", residual=False).layer.residual is False


def test_a_layer_is_returned_as_it_is():
    layer = MeanFusion()
    assert fusion.get(layer) is layer


def test_names_make_new_layers_each_time():
    assert fusion.get("mean") is not fusion.get("mean")


@pytest.mark.parametrize(
    ("identifier", "options", "error", "message"),
    [
        ("meen", {}, ValueError, r"one of \['mean', 'max'.*Received: 'meen'\. Did you"),
        ("meen", {}, ValueError, r"Did you mean 'mean'\?"),
        ("zzz", {}, ValueError, r"Received: 'zzz'\.$"),
        (None, {}, TypeError, "`identifier` must be a name or a Keras layer"),
        (GatedFusion, {}, TypeError, "`identifier` must be a name or a Keras layer"),
        (MeanFusion(), {"pooling": "max"}, ValueError, "`options` must be left out"),
        ("gated", {"units": 0}, ValueError, "`units` must be positive"),
    ],
)
def test_what_is_refused(identifier, options, error, message):
    with pytest.raises(error, match=message):
        fusion.get(identifier, **options)
