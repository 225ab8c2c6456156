"""WAV files of every common encoding give their samples; broken ones are refused."""

import io
import struct
import wave
import zipfile

import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal.data.audio.wav import check_layout, decode_frames, decode_wav, wav_layout

WAVES = np.random.default_rng(0).uniform(-0.9, 0.9, (101, 2)).astype("float32")
decode = tf.function(decode_wav, input_signature=[tf.TensorSpec([], tf.string)])


def encode(samples, bits, kind=1, rate=8000, before=b""):
    if kind == 3:
        payload = samples.astype("<f4").tobytes()
    elif bits == 8:
        payload = np.round(samples * 128 + 128).astype("u1").tobytes()
    else:
        whole = np.round(samples.astype("f8") * 2 ** (bits - 1)).astype("<i4").reshape(-1, 1)
        payload = whole.view("u1")[:, : bits // 8].tobytes()
    channels = samples.shape[1]
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * frame % 2**32, frame, bits)
    body = b"WAVE" + before + b"fmt " + struct.pack("<I", 16) + form
    body += b"data" + struct.pack("<I", len(payload)) + payload
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("decoder", [decode, decode_wav])
@pytest.mark.parametrize(("bits", "kind"), [(8, 1), (16, 1), (24, 1), (32, 1), (32, 3)])
def test_every_encoding_gives_its_samples(bits, kind, decoder):
    odd_chunk = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    samples, rate = decoder(encode(WAVES, bits, kind, 44100, odd_chunk))
    assert rate == 44100
    tolerance = 1e-7 if kind == 3 else 0.5 / 2 ** (bits - 1) + 1e-7
    np.testing.assert_allclose(samples, WAVES, atol=tolerance, rtol=0)


@pytest.mark.parametrize(("bits", "kind"), [(16, 1), (24, 1), (32, 3)])
def test_three_channels_stay_apart(rng, bits, kind):
    waves = rng.uniform(-0.9, 0.9, (7, 3)).astype("float32")
    contents = encode(waves, bits, kind)
    samples, _ = decode(contents)
    np.testing.assert_allclose(samples, waves, atol=0.5 / 2 ** (bits - 1) + 1e-7, rtol=0)
    # A file that ends within a frame says fewer bytes than it has; whole frames are read.
    size = 7 * 3 * bits // 8 - 1
    cut, _ = decode(contents[:40] + struct.pack("<I", size) + contents[44:])
    np.testing.assert_array_equal(cut, samples[:6])


@pytest.mark.parametrize(("first", "stop"), [(0, 101), (17, 40), (100, 101)])
def test_some_frames_are_those_of_the_whole(first, stop):
    contents = tf.constant(encode(WAVES, 24))
    part = decode_frames(contents, check_layout(wav_layout(contents), contents), first, stop)
    np.testing.assert_array_equal(part, decode(contents)[0][first:stop])


@pytest.mark.parametrize("encoding", ["ULAW", "ALAW"])
def test_every_byte_of_telephones_is_what_libsndfile_says(encoding):
    soundfile = pytest.importorskip("soundfile")
    codes = np.arange(256, dtype="uint8").tobytes()
    raw = {"samplerate": 8000, "channels": 1, "format": "RAW", "subtype": encoding}
    expected, _ = soundfile.read(io.BytesIO(codes), **raw, dtype="float32")
    file = io.BytesIO()
    soundfile.write(file, np.zeros(256), 8000, encoding, format="WAV")
    content = file.getvalue()
    at = content.index(b"data") + 8
    samples, _ = decode(content[:at] + codes + content[at + 256 :])
    np.testing.assert_array_equal(samples[:, 0], expected)


def test_a_large_file_says_its_length_in_64_bits():
    """RF64; what follows the samples is none of them."""
    content = with_chunk_behind(encode(WAVES, 16))
    sizes = struct.pack("<4sIQQQI", b"ds64", 28, len(content) + 28, WAVES.size * 2, 101, 0)
    at = content.index(b"data")
    unsaid = b"\xff" * 4
    content = b"RF64" + unsaid + b"WAVE" + sizes + content[12 : at + 4] + unsaid + content[at + 8 :]
    np.testing.assert_array_equal(decode(content)[0], decode(GOOD)[0])


def test_real_recordings_are_as_python_reads_them(shared_data):
    with zipfile.ZipFile(shared_data / "fsdd.zip") as archive:
        for name in [name for name in archive.namelist() if name.endswith("_7.wav")][:20]:
            contents = archive.read(name)
            with wave.open(io.BytesIO(contents)) as file:
                expected = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 2**15
            samples, rate = decode(contents)
            np.testing.assert_array_equal(samples[:, 0], expected.astype("float32"))
            assert rate == 8000


def with_chunk_behind(content):
    content += b"LIST" + struct.pack("<I", 4) + b"abcd"
    return content[:4] + struct.pack("<I", len(content) - 8) + content[8:]


GOOD = encode(WAVES, 16)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "no WAV file"),
        (b"RIF", "no WAV file"),
        (b"fLaC" + bytes(100), "no WAV file"),
        (GOOD[:-10], "ends before its data"),
        (encode(WAVES, 16, rate=2**31), "rate is above 1 MHz"),
        (GOOD[:36], "no data chunk"),
        (GOOD[:12] + GOOD[36:], "no format chunk"),
        (encode(WAVES, 32, kind=2), "Unknown WAV encoding"),
        (encode(np.full((4, 1), np.nan), 32, kind=3), "NaN or infinite"),
        (encode(np.full((4, 1), np.inf), 32, kind=3), "NaN or infinite"),
        (encode(np.full((4, 1), 3e38), 32, kind=3), "above 1e12"),
        (encode(WAVES[:0], 16), "no samples"),
        (with_chunk_behind(encode(WAVES[:0], 16)), "no samples"),
        (encode(WAVES, 16, before=300 * (b"LIST" + bytes(4))), "256 chunks or more before"),
        (encode(np.zeros((1, 300)), 16), "more than 256 channels"),
        (GOOD[:40] + struct.pack("<I", 2**30) + GOOD[44:], "ends before its data"),
    ],
)
def test_broken_files_are_refused(contents, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        decode(tf.constant(contents))
