"""Resampling keeps what both rates can hold and removes the rest."""

import io
import zipfile

import numpy as np
import pytest
import tensorflow as tf
from scipy import signal
from scipy.io import wavfile

from keras_multimodal.data.audio import resampling
from keras_multimodal.data.audio.resampling import resample

RATES = [(8000, 16000), (16000, 8000), (44100, 16000), (48000, 44100), (11025, 8000)]

# These have next to nothing in common.
ODD = [(8001, 8000), (44101, 16000), (7999, 16000)]


def run(samples, rate, target):
    function = tf.function(
        lambda x, r: resample(x, r, target),
        input_signature=[tf.TensorSpec([None], tf.float32), tf.TensorSpec([], tf.int32)],
    )
    return function(samples.astype("float32"), rate).numpy()


@pytest.mark.parametrize(("rate", "target"), [*RATES, *ODD, (8000, 8000)])
@pytest.mark.parametrize("count", [1, 7999, 8000])
def test_lengths_are_exact(rate, target, count):
    assert len(run(np.zeros(count), rate, target)) == -(-count * target // rate)


@pytest.mark.parametrize(("rate", "target"), [*RATES, *ODD])
@pytest.mark.parametrize("share", [0.05, 0.4, 0.8])
def test_a_sine_stays_the_sine(rate, target, share):
    hertz = share * min(rate, target) / 2
    found = run(np.sin(2 * np.pi * hertz * np.arange(rate) / rate), rate, target)
    expected = np.sin(2 * np.pi * hertz * np.arange(target) / target)
    inner = slice(target // 10, -target // 10)
    np.testing.assert_allclose(found[inner], expected[inner], atol=1e-3)


@pytest.mark.parametrize(("rate", "target"), [(16000, 8000), (44100, 16000)])
def test_what_the_lower_rate_cannot_hold_is_removed(rate, target):
    tone = np.sin(2 * np.pi * 0.6 * target * np.arange(rate) / rate)
    found = run(tone, rate, target)
    assert np.abs(found[target // 10 : -target // 10]).max() < 1e-3


@pytest.mark.parametrize("target", [16000, 11025, 6000])
def test_speech_agrees_with_scipy(target, shared_data):
    with zipfile.ZipFile(shared_data / "fsdd.zip") as archive:
        rate, speech = wavfile.read(io.BytesIO(archive.read("recordings/0_george_1.wav")))
    speech = speech / 2**15
    divisor = np.gcd(rate, target)
    expected = signal.resample_poly(speech, target // divisor, rate // divisor)
    found = run(speech, rate, target)
    assert len(found) == len(expected)
    assert np.linalg.norm(found - expected) < 0.05 * np.linalg.norm(expected)


def test_both_ways_agree():
    samples = np.random.default_rng(0).normal(size=500).astype("float32")
    down, up = tf.constant(3, tf.int64), tf.constant(2, tf.int64)
    scale, reach = tf.constant(2 / 3 * 0.95, tf.float64), tf.constant(51, tf.int64)
    length = -(-500 * 2 // 3)
    table = resampling._by_table(tf.constant(samples), down, up, scale, reach)[:length]
    parts = resampling._by_parts(
        tf.constant(samples), down, up, scale, reach, tf.constant(length, tf.int64)
    )
    np.testing.assert_allclose(parts, table, atol=1e-5)


def test_a_rate_that_no_recording_has_takes_no_memory():
    assert len(run(np.ones(50), 1_000_000, 7_999)) == 1
