"""Recordings become samples and a mask; an absent one has none."""

import io

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


@pytest.mark.parametrize("wrong", [{"crop": "end"}, {"num_samples": 0}, {"normalize": "x"}])
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match=f"`{next(iter(wrong))}` must be"):
        Audio(**{"sample_rate": 8000, "num_samples": 9, **wrong})
