"""A network that is given as an object is shown what it was trained on."""

import keras
import numpy as np
import pytest

from keras_multimodal.encoders import PretrainedImageEncoder, pretrained, pretrained_tokenizer
from keras_multimodal.encoders.loading.applications import scaling
from keras_multimodal.encoders.loading.architectures import known_architecture

# Each kind of network, as small as it is to be had, under a name that says nothing.
KINDS = {
    "ConvNeXtTiny": {},
    "DenseNet121": {},
    "EfficientNetB0": {},
    "EfficientNetV2B0": {},
    "InceptionV3": {},
    "MobileNet": {"alpha": 0.25},
    "MobileNetV2": {"alpha": 0.35},
    "MobileNetV3Small": {},
    "ResNet50": {},
    "ResNet50V2": {},
    "VGG16": {},
    "Xception": {},
}
SIZE = 96


def network(kind, **options):
    options = {"include_top": False, "input_shape": (SIZE, SIZE, 3), **KINDS[kind], **options}
    return getattr(keras.applications, kind)(weights=None, **options)


@pytest.fixture
def small(monkeypatch):
    """Networks are made without drawing their weights, which takes most of the time."""
    monkeypatch.setattr(
        keras.initializers.GlorotUniform,
        "__call__",
        lambda self, shape, dtype=None: np.zeros(shape, dtype or "float32"),
    )


def prepared(encoder):
    return {"mean": encoder.mean, "std": encoder.std, "channel_order": encoder.channel_order}


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_is_known_by_its_layers(small, kind):
    # Keras takes a name of one's own for most of them.
    named = {} if kind.startswith("EfficientNetV2") else {"name": "backbone"}
    assert scaling(known_architecture(network(kind, **named))) == scaling(kind)


def test_a_part_of_a_network_and_one_with_a_head_are_known_too(small):
    model = network("VGG16")
    for each in (
        keras.Model(model.input, model.get_layer("block4_pool").output),
        keras.Sequential([model, keras.layers.GlobalAveragePooling2D()]),
    ):
        assert known_architecture(each) == "VGG16"


def test_both_ways_to_give_an_object_prepare_as_the_name_does(small):
    model = network("ResNet50")
    wanted = scaling("ResNet50")
    assert wanted["channel_order"] == "BGR"
    assert prepared(PretrainedImageEncoder(model)) == wanted
    encoder = pretrained(model, trainable=True)
    assert prepared(encoder) == wanted
    assert encoder.trainable
    assert not pretrained(model).trainable
    # What is said counts, and what is left out beside it is what it was.
    none = {"mean": (), "std": (), "channel_order": "RGB"}
    assert prepared(PretrainedImageEncoder(model, mean=())) == none
    assert prepared(PretrainedImageEncoder(model, channel_order="RGB")) == none


def test_an_encoder_keeps_what_it_was_made_with(small):
    model = network("MobileNet")
    for encoder in (PretrainedImageEncoder(model), PretrainedImageEncoder(model, mean=())):
        again = PretrainedImageEncoder.from_config(encoder.get_config())
        assert prepared(again) == prepared(encoder)


def test_pictures_that_are_prepared_already_are_left_alone(small):
    pixels = keras.Input((SIZE, SIZE, 3))
    rescaled = keras.layers.Rescaling(255.0)(pixels)
    own = network("MobileNet", input_tensor=rescaled)
    assert prepared(PretrainedImageEncoder(own))["mean"] == ()
    around = keras.Model(pixels, network("MobileNet")(rescaled))
    assert known_architecture(around) is None


def test_what_is_not_known_is_asked_for():
    pictures = keras.Input((8, 8, 3))
    own = keras.Model(pictures, keras.layers.Conv2D(4, 3, name="conv1")(pictures), name="own")
    with pytest.raises(ValueError, match=r"Say it: `PretrainedImageEncoder.*mean="):
        pretrained(own)
    assert prepared(PretrainedImageEncoder(own))["mean"] == ()
    ids = keras.Input((4,), dtype="int32", name="token_ids")
    text = keras.Model(ids, keras.layers.Embedding(5, 4)(ids))
    with pytest.raises(ValueError, match="Say it: `PretrainedTextEncoder"):
        pretrained(text)
    with pytest.raises(ValueError, match=r"`name` must be the name .*'own' itself"):
        pretrained(own, weights=None)
    with pytest.raises(TypeError, match="`backbone` must be"):
        pretrained(keras.Sequential())
    for given in (keras.applications.ResNet50, 3):
        with pytest.raises(TypeError, match="`name` must be the name or the path of a network"):
            pretrained(given)
    with pytest.raises(TypeError, match="`name` must be the name or the path of a network"):
        pretrained_tokenizer(text)
