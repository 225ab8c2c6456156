"""Frozen weights stay, the others move, and a saved model knows which is which."""

import keras
import keras_hub
import numpy as np
import pytest

from keras_multimodal.encoders import (
    ConvImageEncoder,
    RecurrentTextEncoder,
    TabularEncoder,
    enable_lora,
    freeze,
    layer_groups,
    pretrained,
    unfreeze,
)
from keras_multimodal.layers import MaskedMeanPooling

PICTURES = np.random.default_rng(6).random((8, 8, 8, 3)).astype("float32")
IDS = np.random.default_rng(7).integers(1, 9, (8, 4)).astype("int32")
LABELS = np.random.default_rng(8).integers(0, 2, 8)


def numpy(weights):
    return [keras.ops.convert_to_numpy(weight) for weight in weights]


def pictures_model():
    """An encoder in a model of its own, in a classifier."""
    pictures = keras.Input((8, 8, 3))
    tokens = ConvImageEncoder(4, filters=(4,), name="encoder")(pictures)
    tower = keras.Model(pictures, keras.layers.Dense(4, name="projection")(tokens), name="tower")
    inputs = keras.Input((8, 8, 3))
    pooled = MaskedMeanPooling(name="pool")(tower(inputs))
    return keras.Model(inputs, keras.layers.Dense(2, name="head")(pooled))


def fit(model, inputs):
    """One epoch; whether each weight moved, by its path."""
    before = numpy(model.weights)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.optimizer.learning_rate = 0.5
    model.fit(inputs, LABELS, verbose=0)
    return {
        weight.path: not np.array_equal(old, new)
        for weight, old, new in zip(model.weights, before, numpy(model.weights), strict=True)
    }


def trainable(model):
    return {layer.name for layer in layer_groups(model) if layer.trainable}


def test_groups_are_ordered_by_depth():
    model = pictures_model()
    assert [layer.name for layer in layer_groups(model)] == ["encoder", "projection", "head"]
    encoder = model.get_layer("tower").get_layer("encoder")
    assert layer_groups(encoder) == [encoder]


@pytest.mark.parametrize(
    ("up_to", "frozen"),
    [
        (None, ["encoder", "projection", "head"]),
        ("encoder", ["encoder"]),
        (2, ["encoder", "projection"]),
        (-1, ["encoder", "projection"]),
        (0, []),
    ],
)
def test_freezing_and_unfreezing_by_depth(up_to, frozen):
    model = pictures_model()
    assert freeze(model, up_to=up_to) == frozen
    assert trainable(model) == {"encoder", "projection", "head"} - set(frozen)
    assert unfreeze(model) == ["encoder", "projection", "head"]
    assert len(model.trainable_weights) == len(pictures_model().trainable_weights)


@pytest.mark.parametrize("from_", ["projection", 1, -2])
def test_a_part_of_a_model_that_is_frozen_can_train(from_):
    model = pictures_model()
    model.trainable = False
    assert unfreeze(model, from_=from_) == ["projection", "head"]
    assert {w.path.split("/")[-2] for w in model.trainable_weights} == {"projection", "head"}


def test_frozen_weights_and_statistics_stay_and_the_others_move():
    model = pictures_model()
    freeze(model, up_to="encoder")
    moved = fit(model, PICTURES)
    assert any("moving_mean" in path for path in moved)
    assert {path for path, value in moved.items() if "encoder" in path and value} == set()
    assert all(value for path, value in moved.items() if "encoder" not in path)
    unfreeze(model)
    assert any(value for path, value in fit(model, PICTURES).items() if "moving_mean" in path)


def test_frozen_batch_normalization_is_in_inference_mode():
    model = pictures_model()
    assert not np.allclose(*numpy([model(PICTURES, training=t) for t in (True, False)]))
    freeze(model, up_to="encoder")
    np.testing.assert_array_equal(*numpy([model(PICTURES, training=t) for t in (True, False)]))


def test_a_saved_model_knows_what_is_frozen(tmp_path):
    model = pictures_model()
    freeze(model, up_to="encoder")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert trainable(loaded) == {"projection", "head"}
    moved = fit(loaded, PICTURES)
    assert not any(value for path, value in moved.items() if "encoder" in path)


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (freeze, {"up_to": "body"}, r"`up_to` must name one.*\['encoder', .*up_to='body'"),
        (freeze, {"up_to": 4}, r"`up_to` must be in \[-3, 3\].*up_to=4"),
        (unfreeze, {"from_": -4}, r"`from_` must be in \[-3, 3\].*from_=-4"),
        (enable_lora, {"rank": 0}, "`rank` must be at least 1.*rank=0"),
    ],
)
def test_wrong_arguments_are_refused(function, options, message):
    with pytest.raises(ValueError, match=message):
        function(pictures_model(), **options)


def test_layers_without_weights_are_refused():
    with pytest.raises(ValueError, match=r"`model` must have been built\..*'new'"):
        freeze(keras.layers.Dense(2, name="new"))
    with pytest.raises(ValueError, match=r"`model` must have been built\..*'new'"):
        enable_lora(keras.layers.Dense(2, name="new"), 2)
    norm = keras.layers.BatchNormalization(name="norm")
    norm.build((None, 3))
    with pytest.raises(ValueError, match=r"must have a Dense, EinsumDense or Embedding.*'norm'"):
        enable_lora(norm, 2)


def lora_model(name):
    """A classifier whose layer `name` is to be adapted, and what it is fed."""
    inputs = keras.Input((4,), dtype="int32")
    if name == "text":
        encoder, fed = RecurrentTextEncoder(9, 4, name="encoder"), inputs
    else:
        encoder = TabularEncoder(0, (9,) * 4, 4, num_layers=1, num_heads=2, name="encoder")
        fed = inputs
    pooled = MaskedMeanPooling(name="pool")(encoder(fed))
    return keras.Model(inputs, keras.layers.Dense(2, name="head")(pooled)), encoder


@pytest.mark.parametrize("name", ["text", "table"])
def test_lora_trains_low_rank_changes_and_the_head_alone(tmp_path, name):
    model, encoder = lora_model(name)
    expected = keras.ops.convert_to_numpy(model(IDS))
    assert enable_lora(encoder, rank=2)
    np.testing.assert_allclose(model(IDS), expected, rtol=1e-6, atol=1e-7)
    moved = fit(model, IDS)
    moving = {path for path, value in moved.items() if value}
    assert all("lora" in path or "head" in path for path in moving)
    assert any("lora" in path for path in moving)
    assert any("head" in path for path in moving)
    with pytest.raises(ValueError, match="must not have been adapted before"):
        enable_lora(encoder, rank=2)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(IDS), model(IDS), rtol=1e-5, atol=1e-6)


@pytest.fixture
def bert_encoder(tmp_path):
    """A small network as `pretrained` makes one of a preset, and a classifier around it."""
    keras_hub.models.BertBackbone(
        vocabulary_size=9,
        num_layers=3,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=8,
        max_sequence_length=4,
    ).save_to_preset(tmp_path)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "d"]
    keras_hub.models.BertTokenizer(vocabulary=words).save_to_preset(tmp_path)
    return pretrained(tmp_path)


def classifier(encoder):
    ids = keras.Input((4,), dtype="int32")
    vector = MaskedMeanPooling(name="pool")(encoder(ids))
    return keras.Model(ids, keras.layers.Dense(2, name="head")(vector))


def moving_parts(model, inputs):
    """The layers around the weights that an epoch moves."""
    return {part for path, value in fit(model, inputs).items() if value for part in path.split("/")}


@pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask:UserWarning")
def test_a_pretrained_encoder_trains_from_a_layer_on(bert_encoder, tmp_path):
    model = classifier(bert_encoder)
    names = [layer.name for layer in layer_groups(model)]
    assert names[-4:] == [*(f"transformer_layer_{n}" for n in range(3)), "head"]
    before = moving_parts(model, IDS)
    assert "head" in before
    assert not before & set(names[:-1])
    assert unfreeze(model, from_="transformer_layer_1") == names[-3:]
    assert moving_parts(model, IDS) & set(names) == set(names[-3:])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert moving_parts(loaded, IDS) & set(names) == set(names[-3:])
    freeze(bert_encoder)
    assert not bert_encoder.trainable
    assert moving_parts(model, IDS) & set(names) == {"head"}


def test_a_pretrained_encoder_is_adapted_in_its_queries_and_values(bert_encoder):
    model = classifier(bert_encoder)
    changed = enable_lora(bert_encoder, rank=2, names=("query", "value"))
    assert len(changed) == 6  # of three layers
    moving = {path for path, value in fit(model, IDS).items() if value}
    assert all("lora" in path or "head" in path for path in moving)
    assert any("lora" in path for path in moving)
    with pytest.raises(ValueError, match=r"`names` must be .*'query'.*Received: \['quary'\]"):
        enable_lora(bert_encoder, rank=2, names=("quary",))
