"""YAMNet in its TFLite file hears speech where there is speech."""

import csv
import io
import sys
import wave
import zipfile

import keras
import numpy as np
import pytest

from keras_multimodal.encoders import LiteRTAudioEncoder
from keras_multimodal.layers import MaskedMeanPooling
from keras_multimodal.schema import Audio

WINDOW = 15_600


@pytest.fixture(scope="module")
def yamnet(shared_data):
    return LiteRTAudioEncoder(shared_data / "yamnet.tflite", hop_samples=WINDOW // 2)


@pytest.fixture(scope="module")
def classes(shared_data):
    text = (shared_data / "yamnet_class_map.csv").read_text()
    return [row["display_name"] for row in csv.DictReader(io.StringIO(text))]


@pytest.fixture(scope="module")
def speech(shared_data):
    """Three spoken digits one after another, at 16 kHz, `(samples,)`."""
    parts = []
    with zipfile.ZipFile(shared_data / "fsdd.zip") as archive:
        for digit in (3, 5, 9):
            (name,) = (n for n in archive.namelist() if n.endswith(f"/{digit}_jackson_0.wav"))
            with wave.open(io.BytesIO(archive.read(name))) as file:
                parts.append(np.frombuffer(file.readframes(file.getnframes()), "int16"))
    samples = np.concatenate(parts).astype("float32") / 32768
    places = np.arange(2 * len(samples)) / 2  # from 8 kHz
    return np.interp(places, np.arange(len(samples)), samples).astype("float32")


def test_it_hears_speech_and_silence(yamnet, classes, speech):
    samples = np.zeros((2, 2 * WINDOW), "float32")
    samples[0, : len(speech)] = speech[: 2 * WINDOW]
    tokens = keras.ops.convert_to_numpy(yamnet(samples))
    assert tokens.shape == (2, 4, 521)
    assert classes[tokens[0, 0].argmax()] == "Speech"
    assert tokens[0, 0].max() > 0.8
    assert classes[tokens[1, 0].argmax()] == "Silence"
    assert not yamnet.weights


def test_what_is_not_there_is_not_read(yamnet, speech):
    samples = np.full((2, 2 * WINDOW), np.nan, "float32")
    samples[0, :WINDOW] = speech[:WINDOW]
    there = np.isfinite(samples)
    tokens = yamnet([samples, there])
    mask = keras.ops.convert_to_numpy(yamnet.compute_mask([samples, there]))
    assert mask.tolist() == [[True, True, False, False], [False] * 4]
    tokens = keras.ops.convert_to_numpy(tokens)
    assert np.isfinite(tokens).all()
    assert not tokens[~mask].any()
    alone = yamnet(np.where(there, samples, 0)[:1, :WINDOW])
    np.testing.assert_allclose(tokens[0, :2], alone[0], atol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a graph needs TensorFlow")
def test_it_works_in_a_model_that_is_saved(yamnet, speech, tmp_path):
    inputs = keras.Input((2 * WINDOW,))
    model = keras.Model(inputs, MaskedMeanPooling()(yamnet(inputs)))
    samples = np.resize(speech, (3, 2 * WINDOW))
    found = model.predict(samples, verbose=0)
    np.testing.assert_allclose(found, keras.ops.mean(yamnet(samples), axis=1), atol=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(samples, verbose=0), found, atol=1e-6)


def test_another_backend_hears_the_same(yamnet, speech, monkeypatch):
    samples = speech[None, :WINDOW]
    expected = keras.ops.convert_to_numpy(yamnet(samples))
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    np.testing.assert_allclose(yamnet(samples), expected, atol=1e-6)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="`file` must be a path"):
        LiteRTAudioEncoder(tmp_path / "absent.tflite")
    (tmp_path / "cut.tflite").write_bytes(b"TFL3 and nothing else")
    with pytest.raises(ValueError, match=r"cut\.tflite must be a whole TFLite file"):
        LiteRTAudioEncoder(tmp_path / "cut.tflite")


def test_without_its_package_it_says_what_to_install(shared_data, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ImportError, match="needs ai-edge-litert: pip install ai-edge-litert"):
        LiteRTAudioEncoder(shared_data / "yamnet.tflite")


def test_recordings_of_another_rate_are_refused(yamnet):
    yamnet.check_modality(Audio(sample_rate=16_000, num_samples=WINDOW))
    with pytest.raises(ValueError, match=r"16000 Hz.*sample_rate=8000"):
        yamnet.check_modality(Audio(sample_rate=8000, num_samples=WINDOW))


def test_wrong_arguments_are_refused(shared_data, yamnet):
    with pytest.raises(ValueError, match=r"`hop_samples` must be at least 1.*hop_samples=0"):
        LiteRTAudioEncoder(shared_data / "yamnet.tflite", hop_samples=0)
    with pytest.raises(ValueError, match="of a float dtype"):
        yamnet(np.zeros((1, WINDOW), "int16"))
    with pytest.raises(ValueError, match=r"recordings of shape \(batch, samples\)"):
        LiteRTAudioEncoder(shared_data / "yamnet.tflite")(np.zeros((1, WINDOW, 1), "float32"))
