"""Recordings become samples and a mask; an absent one has none."""

import io
import zipfile

import numpy as np
import pytest
import tensorflow as tf
from scipy.io import wavfile

from keras_multimodal.data import Preprocessor
from keras_multimodal.schema import Audio, Schema

STEREO = np.random.default_rng(0).integers(-9999, 9999, (50, 2)).astype("int16")


def encode(samples, rate=8000):
    buffer = io.BytesIO()
    wavfile.write(buffer, rate, samples)
    return buffer.getvalue()


def run(cells, **settings):
    schema = Schema([Audio(sample_rate=8000, optional=True, **settings)])
    assert Schema.from_json(schema.to_json()) == schema
    preprocessor = tf.function(Preprocessor(schema))
    return {name: t.numpy() for name, t in preprocessor({"audio": tf.constant(cells)}).items()}


def test_short_recordings_are_padded_and_absent_ones_masked():
    batch = run([encode(STEREO), b""], num_samples=60)
    mono = STEREO.mean(1) / 2**15
    np.testing.assert_allclose(batch["audio"][0], np.pad(mono, (0, 10)), atol=1e-7)
    assert batch["audio_mask"].sum(1).tolist() == [50, 0]
    assert batch["audio_present"].tolist() == [True, False]
    assert not batch["audio"][1].any()


@pytest.mark.parametrize(("crop", "start"), [("start", 0), ("center", 20)])
def test_long_recordings_are_cropped(crop, start):
    batch = run([encode(STEREO)], num_samples=10, crop=crop)
    expected = STEREO.mean(1)[start : start + 10] / 2**15
    np.testing.assert_allclose(batch["audio"][0], expected, atol=1e-7)
    assert batch["audio_mask"].all()


def test_rates_are_mixed_and_peaks_equal():
    batch = run([encode(STEREO, 16000), encode(STEREO * 0)], num_samples=60, normalize="peak")
    assert batch["audio_mask"].sum(1).tolist() == [25, 50]
    np.testing.assert_allclose(np.abs(batch["audio"]).max(1), [1, 0], atol=1e-6)


def decibels(samples):
    return 20 * np.log10(np.sqrt(np.mean(np.square(samples, dtype="float64"))))


@pytest.mark.parametrize("level", [-30.0, -20])
@pytest.mark.parametrize("scale", [1e-25, 0.01, 1.0, 1e9])
def test_rms_is_the_level_of_the_real_samples(level, scale):
    noise = np.random.default_rng(1).normal(size=500).astype("float32") * np.float32(scale)
    batch = run([encode(noise)], num_samples=900, normalize="rms", target_level=level)
    assert abs(decibels(batch["audio"][0, :500]) - level) < 0.1
    assert not batch["audio"][0, 500:].any()
    np.testing.assert_allclose(
        batch["audio"][0, :500] / batch["audio"][0, 0], noise / noise[0], 1e-4
    )


def test_rms_never_cuts_a_peak_and_leaves_silence_silent():
    click = np.zeros(400, "float32")
    click[7], click[9] = 0.25, -0.125
    batch = run([encode(click), encode(click * 0)], num_samples=400, normalize="rms")
    np.testing.assert_allclose(batch["audio"][0], click / 0.25)  # -20 dB would need a peak of 1.8
    assert not batch["audio"][1].any()
    assert batch["audio_mask"].all()


def test_rms_brings_real_speech_to_its_level(shared_data):
    with zipfile.ZipFile(shared_data / "fsdd.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith("_7.wav")][::6]
        cells = [archive.read(name) for name in names]
    batch = run(cells, num_samples=16_000, normalize="rms", target_level=-26.0)
    levels = [
        decibels(row[mask]) for row, mask in zip(batch["audio"], batch["audio_mask"], strict=True)
    ]
    np.testing.assert_allclose(levels, -26.0, atol=0.1)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"crop": "end"}, ValueError),
        ({"num_samples": 0}, ValueError),
        ({"normalize": "x"}, ValueError),
        ({"target_level": 0.1}, ValueError),
        ({"target_level": float("nan")}, ValueError),
        ({"target_level": -float("inf")}, ValueError),
        ({"target_level": "loud"}, TypeError),
        ({"target_level": False}, TypeError),
        ({"sample_rate": 8000.0}, TypeError),
        ({"sample_rate": True}, TypeError),
        ({"num_samples": "9"}, TypeError),
        ({"num_samples": True}, TypeError),
        ({"num_samples": None}, TypeError),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, error):
    with pytest.raises(error, match=f"`{next(iter(wrong))}` must be"):
        Audio(**{"sample_rate": 8000, "num_samples": 9, **wrong})


def test_integers_of_numpy_go_to_json():
    spec = Audio(sample_rate=np.int64(8000), num_samples=np.int32(9))
    assert Schema.from_json(Schema([spec]).to_json())["audio"] == spec
