"""No more of a recording is decoded than is kept, whatever its header says."""

import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal.data.audio.length import recording_seconds
from keras_multimodal.data.audio.resampling import resample
from keras_multimodal.data.audio.transform import AudioTransform
from keras_multimodal.schema import Audio


def arrange(spec, count, rate, samples=None):
    """Return what is kept of a recording, its mask, and the frames that were asked for."""
    asked = []

    def read(first, stop):
        asked.append((int(first), int(stop)))
        return tf.zeros([stop - first]) if samples is None else samples[first:stop]

    transform = AudioTransform(spec)
    kept, mask = transform.arrange(tf.constant(count, tf.int64), tf.constant(rate, tf.int64), read)
    (part,) = asked
    return kept, mask, part


@pytest.mark.parametrize("crop", ["start", "center"])
@pytest.mark.parametrize("rate", [8000, 4000, 44100, 7919, 1000, 48000])
def test_what_is_kept_is_what_the_whole_would_give(rng, crop, rate):
    spec = Audio(sample_rate=8000, num_samples=400, crop=crop)
    for count in (40, 2000, 20_000):
        samples = rng.uniform(-0.5, 0.5, count).astype("float32")
        kept, mask, _ = arrange(spec, count, rate, samples)
        whole = resample(samples, tf.constant(rate), 8000).numpy()
        surplus = max(len(whole) - 400, 0)
        expected = whole[surplus // 2 if crop == "center" else 0 :][:400]
        np.testing.assert_array_equal(mask, np.arange(400) < len(expected))
        np.testing.assert_allclose(kept[: len(expected)], expected, atol=1e-6)


@pytest.mark.parametrize("crop", ["start", "center"])
@pytest.mark.parametrize(
    ("count", "rate", "most"),
    [
        (500_000, 3, 200),  # a megabyte whose header says 3 Hz: 2.7 billion samples at 16 kHz
        (50_000_000, 16_000, 4200),  # 100 MB of which a quarter of a second is kept
        (2**40, 44_100, 12_000),
        (10**9, 1_000_000, 255_000),
        (10**9, 999_983, 2_300_000),
    ],
)
def test_no_more_is_asked_for_than_is_kept(crop, count, rate, most):
    spec = Audio(sample_rate=16_000, num_samples=4000, crop=crop)
    kept, mask, (first, stop) = arrange(spec, count, rate)
    assert 0 < stop - first <= most
    assert np.all(mask)
    assert kept.shape == (4000,)


def test_a_file_that_ends_before_its_header_says_is_masked_behind_its_end():
    spec = Audio(sample_rate=8000, num_samples=400)
    kept, mask = AudioTransform(spec).arrange(
        tf.constant(1000), tf.constant(8000), lambda first, stop: tf.ones([300])
    )
    np.testing.assert_array_equal(mask, np.arange(400) < 300)
    np.testing.assert_array_equal(kept, np.arange(400) < 300)


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("a.wav", "PCM_16"),
        ("a.wav", "PCM_U8"),
        ("a.wav", "FLOAT"),
        ("a.wav", "ULAW"),
        ("a.wav", "IMA_ADPCM"),
        ("a.flac", None),
        ("a.ogg", None),
        ("a.mp3", None),
    ],
)
def test_every_format_says_its_length(tmp_path, name, encoding):
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / name, np.zeros(20_000), 8000, encoding)
    assert recording_seconds(tmp_path / name) == pytest.approx(2.5, abs=0.1)


def test_of_what_is_no_recording_no_length_is_told(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / "cut.wav", np.zeros(20_000), 8000)
    whole = (tmp_path / "cut.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[:1000])
    (tmp_path / "text.wav").write_bytes(b"a cat")
    for name in ("cut.wav", "text.wav", "absent.wav", ""):
        assert recording_seconds(tmp_path / name) is None
