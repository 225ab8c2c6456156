"""What is fetched, and what is said where it cannot be."""

import contextlib
import urllib.error
import urllib.request

import keras_hub
import pytest

from keras_multimodal.encoders.loading import applications, network, presets

KEPT = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, True),
        (urllib.error.HTTPError("https://host", 403, "Forbidden", None, None), True),
        (urllib.error.URLError("no route"), False),
    ],
    ids=["an answer", "a refusal", "nothing"],
)
def test_a_host_is_reachable_if_it_answers_whatever_it_says(monkeypatch, answer, expected):
    asked = []

    def answer_(request, timeout):
        asked.append((request.full_url, request.get_method()))
        if answer is not None:
            raise answer
        return contextlib.nullcontext()

    monkeypatch.setattr(urllib.request, "urlopen", answer_)
    assert network.reachable("host", seconds=60) is expected
    assert asked == [("https://host", "HEAD")]


def test_weights_of_imagenet_come_from_a_host_that_answers(monkeypatch):
    monkeypatch.setattr(applications, "reachable", lambda host: True)
    assert applications._fetch("MobileNetV2", dict, {"alpha": 0.35}) == {
        "weights": "imagenet",
        "alpha": 0.35,
    }


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """No host answers, and Keras has kept the weights of a network."""
    monkeypatch.setattr(applications, "reachable", lambda host: False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / KEPT).touch()


def test_weights_that_keras_has_kept_need_no_host(kept):
    def make(weights, alpha):
        return weights, alpha

    assert applications._fetch("MobileNetV2", make, {"alpha": 0.35}) == ("imagenet", 0.35)


@pytest.mark.parametrize(
    "error", [OSError("not an HDF5 file"), Exception("URL fetch failure on https://host: None")]
)
def test_kept_weights_that_are_others_are_named(kept, error):
    def make(weights):
        raise error

    with pytest.raises(ConnectionError, match=rf"(?s)'MobileNetV2' must be fetched.*{KEPT}"):
        applications._fetch("MobileNetV2", make, {})


def test_an_error_of_the_network_itself_is_its_own(kept):
    def make(weights, alpha):
        raise ValueError(f"alpha={alpha} has no weights")

    with pytest.raises(ValueError, match="alpha=7 has no weights"):
        applications._fetch("MobileNetV2", make, {"alpha": 7})


def test_weights_of_another_network_are_not_tried(kept):
    with pytest.raises(ConnectionError, match="'ResNet50' must be fetched"):
        applications._fetch("ResNet50", pytest.fail, {})


def test_a_converter_without_numbers_leaves_pixels_as_they_are():
    scaling = presets.converter_scaling(keras_hub.layers.ImageConverter(), 3)
    assert scaling == {"mean": (0.0,) * 3, "std": (1 / 255,) * 3}
