"""One syntax for every network; what is not there is said at once."""

import concurrent.futures
import socket
import threading
import time

import keras
import keras_hub
import numpy as np
import packages
import pytest

from keras_multimodal.encoders import (
    ConvImageEncoder,
    PretrainedImageEncoder,
    PretrainedTextEncoder,
    RecurrentTextEncoder,
    pretrained,
    pretrained_tokenizer,
)
from keras_multimodal.encoders.loading import network, presets
from keras_multimodal.encoders.loading.applications import scaling
from keras_multimodal.encoders.loading.sources import application_names

SMALL = {
    "vocabulary_size": 8,
    "num_layers": 1,
    "num_heads": 2,
    "hidden_dim": 8,
    "intermediate_dim": 8,
}
# Where Keras' documentation has the `preprocess_input` of each; the longer prefixes first.
MODULES = {
    "ConvNeXt": keras.applications.convnext,
    "DenseNet": keras.applications.densenet,
    "EfficientNetV2": keras.applications.efficientnet_v2,
    "EfficientNet": keras.applications.efficientnet,
    "InceptionResNetV2": keras.applications.inception_resnet_v2,
    "InceptionV3": keras.applications.inception_v3,
    "MobileNetV3": keras.applications.mobilenet_v3,
    "MobileNetV2": keras.applications.mobilenet_v2,
    "MobileNet": keras.applications.mobilenet,
    "NASNet": keras.applications.nasnet,
    "ResNet": keras.applications.resnet,
    "VGG16": keras.applications.vgg16,
    "VGG19": keras.applications.vgg19,
    "Xception": keras.applications.xception,
}


@pytest.fixture
def offline(monkeypatch):
    """No host answers, whatever this machine can reach; the addresses that were tried."""
    tried = []

    def refuse(address, *args, **kwargs):
        tried.append(address)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "create_connection", refuse)
    return tried


@pytest.mark.parametrize("name", ["ResNet50", "bert_base_en", "hf://google/vit-base-patch16-224"])
def test_what_would_have_to_be_fetched_is_refused_at_once(offline, monkeypatch, tmp_path, name):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it waits, to try again"))
    with pytest.raises(ConnectionError) as caught:
        pretrained(name)
    assert len(offline) == 1
    message = str(caught.value)
    assert f"{name!r} must be fetched from" in message
    assert packages.MINILM in message
    assert packages.EFFICIENTNET in message


def test_what_was_fetched_before_needs_no_network(offline, monkeypatch, tmp_path):
    """Caches of the hubs are looked into; what is not whole there counts as absent."""
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    kept = tmp_path / "models/keras/roberta/keras/roberta_base_en/2"
    kept.mkdir(parents=True)
    (kept / "config.json").write_text("{}")
    assert not presets._is_cached("bert_base_en")
    assert presets._is_cached("roberta_base_en")
    assert presets._is_cached("kaggle://keras/roberta/keras/roberta_base_en/2")
    with pytest.raises(ConnectionError, match=r"(?s)'roberta_base_en' must be.*roberta_base_en/2"):
        pretrained("roberta_base_en")


def test_a_host_that_never_answers_does_not_hang(monkeypatch):
    asked, given_up = threading.Event(), threading.Event()

    def wait(*args, **kwargs):
        asked.set()
        given_up.wait()
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", wait)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        found = pool.submit(network.reachable, "example.invalid", seconds=0.2)
        try:
            assert found.result(timeout=60) is False
            assert asked.wait(timeout=60)
        finally:
            given_up.set()


def test_a_tokenizer_that_would_have_to_be_fetched_is_refused(offline, monkeypatch, tmp_path):
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    with pytest.raises(ConnectionError, match="'bert_base_en' must be fetched from"):
        pretrained_tokenizer("bert_base_en")
    assert len(offline) == 1


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("resnet5", ValueError, "did you mean 'ResNet50'"),
        ("bert_base_enn", ValueError, "did you mean 'bert_base_en'"),
        ("./nowhere", FileNotFoundError, r"there\. Received: name='\./nowhere'"),
        ("nowhere.keras", FileNotFoundError, "a file or folder that is there"),
        ("package:no_such_thing", ImportError, "pip install no-such-thing"),
        (f"{packages.MINILM}/nowhere", FileNotFoundError, "has .*'model'"),
        ("package:keras", ValueError, "must lead to a preset of keras_hub"),
    ],
)
def test_names_that_lead_nowhere(name, error, message):
    with pytest.raises(error, match=message):
        pretrained(name)


@pytest.mark.parametrize("name", application_names())
def test_pictures_are_prepared_as_the_network_says(name, rng):
    """The encoder's scaling and the network's own `preprocess_input`, on the same picture."""
    seen = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Identity()])
    encoder = PretrainedImageEncoder(seen, **scaling(name))
    pixels = rng.integers(0, 256, (1, 5, 4, 3)).astype("float32")
    module = next(m for prefix, m in MODULES.items() if name.startswith(prefix))
    if name.startswith("ResNet") and name.endswith("V2"):
        module = keras.applications.resnet_v2
    expected = module.preprocess_input(pixels.copy()).reshape(1, 20, 3)
    found = keras.ops.convert_to_numpy(encoder(pixels / 255))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_an_application_with_a_file_of_weights(tmp_path, rng, monkeypatch):
    network_ = keras.applications.MobileNetV2(include_top=False, weights=None, alpha=0.35)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_package").mkdir()
    network_.save_weights(tmp_path / "own_package" / "own.weights.h5")
    weights = "package:own_package/own.weights.h5"
    encoder = pretrained("MobileNetV2", weights=weights, alpha=0.35)
    picture = rng.random((1, 32, 32, 3)).astype("float32")
    expected = keras.ops.convert_to_numpy(network_(2 * picture - 1)).reshape(1, 1, 1280)
    np.testing.assert_allclose(encoder(picture), expected, atol=1e-5)
    assert not encoder.trainable_weights
    with pytest.raises(ValueError, match=r"own\.weights\.h5 must hold.*tensors differ: layers/"):
        pretrained("MobileNetV2", weights=tmp_path / "own_package" / "own.weights.h5", alpha=0.5)
    with pytest.raises(FileNotFoundError, match="`weights` must be a file"):
        pretrained("MobileNetV2", weights=tmp_path / "absent.weights.h5")
    cut = tmp_path / "cut.weights.h5"
    cut.write_bytes((tmp_path / "own_package" / "own.weights.h5").read_bytes()[:100_000])
    with pytest.raises(ValueError, match=r"cut\.weights\.h5 must hold.*cut off"):
        pretrained("MobileNetV2", weights=cut, alpha=0.35)


def test_an_image_preset_of_keras_hub(tmp_path, rng):
    backbone = keras_hub.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[7],
        stackwise_num_filters=[64],
        stackwise_num_blocks=[1],
        stackwise_num_strides=[1],
        block_type="basic_block",
    )
    backbone.save_to_preset(tmp_path)
    with pytest.raises(ValueError, match="must have a whole image converter"):
        pretrained(tmp_path)
    converter = keras_hub.layers.ResNetImageConverter(
        scale=[1 / 100, 1 / 50, 1 / 25], offset=[-0.5, 0.0, 1.0]
    )
    converter.save_to_preset(tmp_path)
    pixels = rng.integers(0, 256, (2, 32, 32, 3)).astype("float32")
    expected = keras.ops.convert_to_numpy(backbone(converter(pixels)))
    found = keras.ops.convert_to_numpy(pretrained(tmp_path)(pixels / 255))
    np.testing.assert_allclose(found, expected.reshape(2, -1, 64), rtol=1e-3, atol=1e-3)


def test_a_text_preset_of_keras_hub_whose_padding_is_not_zero(tmp_path):
    words = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "a", "b", "ab"]
    tokenizer = keras_hub.models.RobertaTokenizer(
        vocabulary={word: number for number, word in enumerate(words)}, merges=["a b"]
    )
    backbone = keras_hub.models.RobertaBackbone(**SMALL, max_sequence_length=6)
    backbone.save_to_preset(tmp_path)
    with pytest.raises(ValueError, match=r"must have a whole tokenizer.*holds \['config.json'"):
        pretrained(tmp_path)
    tokenizer.save_to_preset(tmp_path)
    encoder = pretrained(tmp_path)
    assert encoder.offset == 1
    assert pretrained_tokenizer(tmp_path).get_vocabulary() == tokenizer.get_vocabulary()
    own = np.array([[0, 5, 7, 2]], "int32")  # the network's ids
    expected = backbone({"token_ids": own, "padding_mask": np.ones_like(own)})
    padded = np.concatenate([own + 1, np.zeros((1, 2), "int32")], 1)
    found = keras.ops.convert_to_numpy(encoder(padded))
    np.testing.assert_allclose(found[:, :4], expected, atol=1e-5)
    assert not found[:, 4:].any()


def test_a_network_with_a_decoder_gives_its_encoder(tmp_path):
    backbone = keras_hub.models.BartBackbone(**SMALL)
    backbone.save_to_preset(tmp_path)
    words = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "a", "b", "ab"]
    keras_hub.models.BartTokenizer(
        vocabulary={word: number for number, word in enumerate(words)}, merges=["a b"]
    ).save_to_preset(tmp_path)
    encoder = pretrained(tmp_path)
    ids = np.array([[0, 5, 7, 2]], "int32")
    ones = np.ones_like(ids)
    expected = backbone(
        {
            "encoder_token_ids": ids,
            "encoder_padding_mask": ones,
            "decoder_token_ids": ids,
            "decoder_padding_mask": ones,
        }
    )["encoder_sequence_output"]
    np.testing.assert_allclose(encoder(ids + 1), expected, atol=1e-5)
    assert len(encoder.weights) < len(backbone.weights)


def test_the_only_encoder_of_a_saved_model_needs_no_name(tmp_path, rng):
    pictures = keras.Input((8, 8, 3))
    places = ConvImageEncoder(4, filters=(4,), name="places")
    model = keras.Model(pictures, keras.layers.Dense(2)(places(pictures)))
    model.save(tmp_path / "model.keras")
    picture = rng.random((1, 8, 8, 3)).astype("float32")
    encoder = pretrained(tmp_path / "model.keras")
    assert isinstance(encoder, ConvImageEncoder)
    np.testing.assert_allclose(encoder(picture), places(picture), atol=1e-6)


def test_an_encoder_of_a_saved_model(tmp_path, rng):
    ids = keras.Input((4,), dtype="int32")
    pictures = keras.Input((8, 8, 3))
    tokens = RecurrentTextEncoder(9, 4, name="words")(ids)
    places = ConvImageEncoder(4, filters=(4,), name="places")(pictures)
    model = keras.Model([ids, pictures], [tokens, places])
    model.save(tmp_path / "model.keras")
    encoder = pretrained(tmp_path / "model.keras", layer="places")
    assert not encoder.trainable_weights
    picture = rng.random((1, 8, 8, 3)).astype("float32")
    np.testing.assert_allclose(encoder(picture), model.get_layer("places")(picture), atol=1e-6)
    assert pretrained(tmp_path / "model.keras", layer="words", trainable=True).trainable_weights
    with pytest.raises(ValueError, match=r"`layer` must be .*\['places', 'words'\]"):
        pretrained(tmp_path / "model.keras")
    (tmp_path / "cut.keras").write_bytes((tmp_path / "model.keras").read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"cut\.keras must be a whole"):
        pretrained(tmp_path / "cut.keras")


def test_what_does_not_go_together_is_refused(tmp_path):
    with pytest.raises(ValueError, match="`weights` must come with a model"):
        pretrained(packages.MINILM, weights=None)
    with pytest.raises(ValueError, match="`options` must come with a preset"):
        pretrained(packages.EFFICIENTNET, dtype="float16")
    with pytest.raises(ValueError, match="`name` must be a text network"):
        pretrained_tokenizer("ResNet50")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
    with pytest.raises(ValueError, match=r"must lead to one network.*'a', 'b'"):
        pretrained(tmp_path)
    (tmp_path / "notes.txt").write_text("none")
    with pytest.raises(ValueError, match=r"must lead to a preset.*notes\.txt, which is neither"):
        pretrained(tmp_path / "notes.txt")


def test_the_kind_of_encoder():
    assert isinstance(pretrained(packages.MINILM), PretrainedTextEncoder)
    assert isinstance(pretrained("VGG16", weights=None), PretrainedImageEncoder)
