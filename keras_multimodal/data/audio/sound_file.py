"""Recordings that the graph cannot read, such as FLAC, OGG and MP3, by the soundfile package."""

import importlib
import io
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from keras_multimodal.data.audio.wav import MAX_CHANNELS, MAX_MAGNITUDE, MAX_RATE

_BLOCK = 2**16  # frames that are decoded at a time
_UNTOLD = 2**40  # frames: what says more says nothing
_COUNTED = 2**28  # frames that are looked through, at most, where a file does not say how many

# From a file's bytes to the count of its frames and their rate in Hz.
Probe = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]
# From a file's bytes, the first frame and the one behind the last to the samples, mixed to mono.
Reader = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]


def require_soundfile() -> Any:
    """Return the package, or an error that says how to get it."""
    try:
        return importlib.import_module("soundfile")
    except ImportError as error:
        raise ImportError(
            "FLAC, OGG, MP3 and rare WAV files are read by soundfile, which is not installed. In a "
            'clone of keras_multimodal, run pip install ".[audio]"; or convert the files to WAV'
        ) from error


def is_wav(path: str | os.PathLike[str]) -> bool:
    """Return whether a file begins as WAV files do, which the graph can read without soundfile.

    Args:
        path: The file. One that is not there counts: reading it says so.
    """
    if not os.path.isfile(path):
        return True
    with open(path, "rb") as file:
        start = file.read(12)
    return start[:4] in (b"RIFF", b"RF64", b"BW64") and start[8:] == b"WAVE"


def make_sound_reader() -> tuple[Probe, Reader]:
    """Return the graph functions that look at a file, and that read a part of it.

    TensorFlow has no op for these formats, so Python decodes them, one file at a time; WAV files
    are decoded in the graph, many at once. Where soundfile is lacking, it is the file's error.
    """

    def probe(contents: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        count, rate, problem = tf.numpy_function(
            _probe, [contents], (tf.int64, tf.int64, tf.string)
        )
        for value in (count, rate, problem):
            value.set_shape([])
        with tf.control_dependencies(_check(problem)):
            return tf.identity(count), tf.identity(rate)

    def read(contents: tf.Tensor, first: tf.Tensor, stop: tf.Tensor) -> tf.Tensor:
        samples, problem = tf.numpy_function(
            _read, [contents, first, stop], (tf.float32, tf.string)
        )
        samples.set_shape([None])
        problem.set_shape([])
        with tf.control_dependencies(_check(problem)):
            return tf.identity(samples)

    return probe, read


def sound_seconds(path: str | os.PathLike[str]) -> float | None:
    """Return how long a file is that soundfile reads; `None` where it or the package cannot.

    Args:
        path: The file.
    """
    try:
        soundfile = require_soundfile()
    except ImportError:
        return None  # reading it says so
    try:
        with soundfile.SoundFile(os.fspath(path)) as sound:
            return float(_count(sound) / sound.samplerate)
    except soundfile.SoundFileError:
        return None


def _probe(content: object) -> tuple[np.int64, np.int64, bytes]:
    problem = ""
    try:
        soundfile = require_soundfile()
    except ImportError as error:
        return np.int64(0), np.int64(1), str(error).encode()
    try:
        with soundfile.SoundFile(_file(content)) as sound:
            count, rate, channels = _count(sound), sound.samplerate, sound.channels
    except soundfile.LibsndfileError as error:
        return np.int64(0), np.int64(1), f"soundfile says: {error.error_string}".encode()
    if not count:
        problem = "The file has no samples."
    elif not 0 < rate <= MAX_RATE:
        problem = "The file's rate is above 1 MHz."
    elif channels > MAX_CHANNELS:
        problem = f"The file has more than {MAX_CHANNELS} channels."
    return np.int64(count), np.int64(rate), problem.encode()


def _read(content: object, first: np.int64, stop: np.int64) -> tuple[np.ndarray, bytes]:
    """Decode some frames, a block at a time: many channels are never all in memory."""
    soundfile = require_soundfile()
    blocks, nothing, left = [], np.zeros(0, "float32"), int(stop - first)
    try:
        with soundfile.SoundFile(_file(content)) as sound:
            sound.seek(int(first))
            while left > 0:
                block = sound.read(min(left, _BLOCK), dtype="float32", always_2d=True)
                if not len(block):
                    break
                if not (np.abs(block) <= MAX_MAGNITUDE).all():  # no comparison with NaN is true
                    return nothing, b"The file has NaN or infinite samples, or some above 1e12."
                blocks.append(block.mean(axis=1))
                left -= len(block)
    except soundfile.LibsndfileError as error:
        return nothing, f"soundfile says: {error.error_string}".encode()
    if not blocks:
        return nothing, b"The file has no samples."
    return np.concatenate(blocks), b""


def _count(sound: Any) -> int:
    """Return how many frames there are, counted where who wrote to a pipe could not say it."""
    if sound.frames < _UNTOLD:
        return int(sound.frames)
    counted = 0
    while counted < _COUNTED:
        length = len(sound.read(_BLOCK, dtype="float32", always_2d=True))
        if not length:
            break
        counted += length
    return counted


def _file(content: object) -> io.BytesIO:
    # In a graph it is bytes, outside of one an array that holds them.
    return io.BytesIO(np.asarray(content, object).item())


def _check(problem: tf.Tensor) -> list[tf.Operation]:
    check = tf.debugging.Assert(tf.equal(problem, ""), [problem])
    return [] if check is None else [check]
