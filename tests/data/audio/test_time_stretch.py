"""A stretch changes a recording's tempo and nothing else."""

import io
import zipfile

import numpy as np
import pytest
import tensorflow as tf
from scipy.io import wavfile

from keras_multimodal.data.audio.time_stretch import time_stretch

RATE, SIZE = 8_000, 8_000
TIMES = np.arange(SIZE) / RATE


@tf.function
def stretch(samples, mask, rates):
    return time_stretch(samples, mask, rates, frame_length=512)


def run(samples, counts, rates):
    mask = np.arange(SIZE) < np.array(counts)[:, None]
    samples = np.where(mask, samples, 0).astype("float32")
    return [tensor.numpy() for tensor in stretch(samples, mask, np.array(rates, "float32"))]


def pitch(samples):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 2**18))
    return spectrum.argmax() * RATE / 2**18


def level(samples):
    return 10 * np.log10(np.mean(np.square(samples, dtype="float64")))


@pytest.mark.parametrize("hertz", [110.0, 440.0, 1234.5, 3000.0])
def test_the_pitch_and_the_level_stay_and_the_length_is_the_ratio(hertz):
    tone = 0.5 * np.sin(2 * np.pi * hertz * TIMES)
    rates = [0.8, 1.25, 2.0, 0.5]
    samples, mask = run(tone, [4000] * 4, rates)
    for row, rate in enumerate(rates):
        count = int(np.ceil(4000 / rate))
        np.testing.assert_array_equal(mask[row], np.arange(SIZE) < count)
        assert not samples[row, count:].any()
        inner = samples[row, 400 : count - 400]
        assert abs(pitch(inner) / hertz - 1) < 0.001
        assert abs(level(inner) - level(tone)) < 0.1


def test_what_has_no_room_is_cut():
    samples, mask = run(np.sin(2 * np.pi * 440 * TIMES), [SIZE, SIZE], [0.5, 0.8])
    assert mask.all()
    assert (np.abs(samples[:, -400:]).max(1) > 0.9).all()


def test_events_move_with_the_tempo():
    clicks = np.zeros(SIZE)
    clicks[[1600, 4000]] = 1
    samples, _ = run(clicks, [SIZE, SIZE], [0.8, 1.25])
    for row, rate in enumerate([0.8, 1.25]):
        for at in (1600, 4000):
            wanted = int(at / rate)
            energy = samples[row, wanted - 800 : wanted + 800] ** 2
            middle = (energy * np.arange(1600)).sum() / energy.sum()
            assert abs(middle - 800) < 170  # a third of a frame


def test_the_same_tempo_is_the_same_recording():
    noise = np.random.default_rng(0).normal(size=(2, SIZE))
    samples, mask = run(noise, [SIZE, 5000], [1.0, 1.0])
    assert mask.sum(1).tolist() == [SIZE, 5000]
    np.testing.assert_allclose(samples, np.where(mask, noise, 0), atol=1e-5)


def test_real_speech_keeps_its_level(shared_data):
    with zipfile.ZipFile(shared_data / "fsdd.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith("_7.wav")]
        speech = [wavfile.read(io.BytesIO(archive.read(name)))[1][:SIZE] / 2**15 for name in names]
    counts = [len(samples) for samples in speech]
    padded = np.stack([np.pad(samples, (0, SIZE - len(samples))) for samples in speech])
    for rate in (0.8, 1.25):
        samples, mask = run(padded, counts, [rate] * len(counts))
        assert mask.sum(1).tolist() == [min(SIZE, int(np.ceil(count / rate))) for count in counts]
        pairs = zip(samples, mask, speech, strict=True)
        changes = [level(after[real]) - level(before) for after, real, before in pairs]
        assert -1.5 < np.mean(changes) < 0.5
        assert np.min(changes) > -4


def test_silence_and_no_samples_stay_so():
    samples, mask = run(np.zeros(SIZE), [SIZE, 0, 1], [0.8, 0.8, 1.25])
    assert not samples.any()
    assert mask.sum(1).tolist() == [SIZE, 0, 1]


def test_rows_do_not_depend_on_their_neighbours():
    noise = np.random.default_rng(0).normal(size=(3, SIZE)) * np.array([[1], [100], [0.01]])
    together, _ = run(noise, [SIZE] * 3, [0.9, 1.1, 1.2])
    alone, _ = run(noise[2:], [SIZE], [1.2])
    np.testing.assert_allclose(alone[0], together[2], atol=1e-7)
