"""The spectrogram is its equation, row by row, and bands are hidden in training alone."""

import keras
import numpy as np
import pytest

from keras_multimodal.encoders import SpectrogramEncoder
from keras_multimodal.encoders._spectrogram import Bands, LogMelSpectrogram

RECORDINGS = np.random.default_rng(9).uniform(-1, 1, size=(3, 103)).astype("float32")
AUDIO = {"sample_rate": 100, "mel_bins": 6, "frame_length": 0.11, "hop_seconds": 0.04}
SMALL = {"dim": 4, "filters": (3,), **AUDIO}


def mel_filters(bins, frequencies, rate):
    """Triangles that are of the same width on the HTK mel scale."""

    def mel(hertz):
        return 1127.0 * np.log(1.0 + hertz / 700.0)

    edges = np.linspace(mel(0), mel(rate / 2), bins + 2)
    places = mel(np.linspace(0, rate / 2, frequencies))
    filters = np.zeros((frequencies, bins))
    for b in range(bins):
        low, middle, high = edges[b : b + 3]
        rising, falling = (places - low) / (middle - low), (high - places) / (high - middle)
        filters[:, b] = np.maximum(0, np.minimum(rising, falling))
    filters[0] = 0  # Keras leaves out what does not swing
    return filters


def test_the_spectrogram_is_its_equation():
    """Frames of 11 samples, every 4, transformed among 16, in float64."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(11) / 11)
    filters = mel_filters(6, 9, 100)
    expected = np.zeros((3, 26, 6))
    for row in range(3):
        samples = np.concatenate([RECORDINGS[row].astype("float64"), np.zeros(11)])
        for t in range(26):
            power = np.abs(np.fft.rfft(window * samples[4 * t : 4 * t + 11], 16)) ** 2
            expected[row, t] = np.log(power @ filters + 1e-6)
    found = LogMelSpectrogram(*AUDIO.values())(RECORDINGS)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_a_row_does_not_depend_on_how_loud_others_are():
    spectrogram = LogMelSpectrogram(*AUDIO.values())
    quiet = RECORDINGS * np.array([[1e-3], [1], [1]], "float32")
    np.testing.assert_allclose(spectrogram(quiet)[0], spectrogram(quiet[:1])[0], rtol=1e-5)


def test_samples_are_not_rounded_in_mixed_precision():
    encoder = SpectrogramEncoder(**SMALL, dtype="mixed_bfloat16")
    exact, made = encoder._spectrogram(RECORDINGS), []

    def watched(samples):
        made.append(LogMelSpectrogram(*AUDIO.values())(samples))
        return made[-1]

    watched.hop = encoder._spectrogram.hop
    encoder._spectrogram = watched
    assert keras.backend.standardize_dtype(encoder(RECORDINGS).dtype) == "bfloat16"
    np.testing.assert_array_equal(made[-1], exact)


def test_silence_is_half_a_step_of_16_bits():
    """What is added to the power is that of such a tone, in frames of 256 samples."""
    tone = np.sin(2 * np.pi * np.arange(256) * 32 / 256)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)
    power = np.abs(np.fft.rfft(window * tone / 2**16)).max() ** 2
    np.testing.assert_allclose(power, 1e-6, rtol=0.06)


@pytest.mark.parametrize("samples", [1, 3, 4, 5, 103])
def test_the_number_of_tokens_is_known_beforehand(samples):
    encoder = SpectrogramEncoder(**SMALL)
    recordings = np.zeros((2, samples), "float32")
    assert encoder.compute_output_shape(recordings.shape) == tuple(encoder(recordings).shape)


def test_samples_after_the_end_of_a_recording_do_not_matter():
    encoder = SpectrogramEncoder(**{**SMALL, "recurrent": True})
    short = encoder([RECORDINGS[:, :50], np.ones((3, 50), bool)])
    there = np.arange(103) < np.array([[50]] * 3)
    longer = encoder([np.where(there, RECORDINGS, np.nan), there])
    np.testing.assert_allclose(longer[:, : short.shape[1]], short, rtol=1e-4, atol=1e-5)
    assert not keras.ops.convert_to_numpy(longer[:, short.shape[1] :]).any()


def test_bands_are_hidden_in_training():
    ones, layer = np.ones((200, 20, 10), "float32"), Bands(0.5, seed=0)
    np.testing.assert_array_equal(layer(ones), ones)
    hidden = 1 - keras.ops.convert_to_numpy(layer(ones, training=True))
    bands, frames = hidden.all(axis=1), hidden.all(axis=2)
    np.testing.assert_array_equal(hidden, np.maximum(bands[:, None], frames[:, :, None]))
    for places, size in ((bands, 10), (frames, 20)):
        width = places.sum(axis=1)
        assert width.min() == 0
        assert 0.4 * size <= width.max() <= 0.5 * size
        # Half of the largest share, on average, and everywhere alike.
        np.testing.assert_allclose(width.mean(), size / 4, rtol=0.15)
        # One stretch, which begins and ends once at most.
        assert np.abs(np.diff(np.pad(places, [(0, 0), (1, 1)]).astype(int))).sum(axis=1).max() <= 2
    again = 1 - keras.ops.convert_to_numpy(layer(ones, training=True))
    assert (again != hidden).any()


def test_what_is_hidden_of_a_short_recording_is_a_share_of_it():
    ones, layer = np.ones((200, 20, 10), "float32"), Bands(0.5, seed=0)
    frames = np.tile(np.arange(20) < 8, (200, 1))
    hidden = 1 - keras.ops.convert_to_numpy(layer(ones, frames=frames, training=True))
    places = hidden.all(axis=2)
    assert not places[:, 8:].any()
    width = places.sum(axis=1)
    assert 3 <= width.max() <= 4
    np.testing.assert_allclose(width.mean(), 2, rtol=0.15)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample_rate": 0}, "`sample_rate` must be at least 1"),
        ({"mel_bins": 0}, "`mel_bins` must be at least 1"),
        (
            {"hop_seconds": 0.001},
            "`hop_seconds` one. Received: .*hop_seconds=0.001, sample_rate=100",
        ),
        ({"frame_length": 0.01}, "`frame_length` must be two samples or more"),
        ({"filters": (0,)}, "`filters` must have a positive number"),
        ({"band_dropout": 1.0}, r"`band_dropout` must be in \[0, 1\)"),
        ({"dropout": 1.0}, r"`dropout` must be in \[0, 1\)"),
        ({"dim": 5, "recurrent": True}, "`dim` must be even"),
    ],
)
def test_wrong_arguments_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        SpectrogramEncoder(**{**SMALL, **options})


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (RECORDINGS[..., None], r"recordings of shape \(batch, samples\)"),
        ((RECORDINGS * 32767).astype("int16"), "float dtype. Received: dtype int16"),
        ([RECORDINGS, np.ones((3, 102), bool)], r"`there` of shape \(batch,\) or \(batch, steps\)"),
    ],
)
def test_wrong_recordings_are_refused(inputs, message):
    with pytest.raises(ValueError, match=message):
        SpectrogramEncoder(**SMALL)(inputs)
