"""FLAC, OGG and MP3, by the soundfile package."""

import importlib
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from keras_multimodal.data.audio.wav import MAX_MAGNITUDE, MAX_RATE


def require_soundfile() -> Any:
    """Return the package, or an error that says how to get it."""
    try:
        return importlib.import_module("soundfile")
    except ImportError as error:
        raise ImportError(
            "FLAC, OGG and MP3 files are read by soundfile, which is not installed. In a clone of "
            'keras_multimodal, run pip install ".[audio]"; or convert the files to WAV'
        ) from error


def make_sound_decoder() -> Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """Return the graph function from a file's bytes to `(samples, channels)` and their rate in Hz.

    TensorFlow has no op for these formats, so Python decodes them, one file at a time; WAV files
    are decoded in the graph, many at once.
    """
    soundfile = require_soundfile()

    def decode(content: Any) -> tuple[np.ndarray, np.int32]:
        # In a graph it is bytes, outside of one an array that holds them.
        file = io.BytesIO(np.asarray(content, object).item())
        try:
            samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise ValueError(f"soundfile says: {error.error_string}") from error
        if not samples.size:
            raise ValueError("The file has no samples.")
        if not (np.abs(samples) <= MAX_MAGNITUDE).all():  # no comparison with NaN is true
            raise ValueError("The file has NaN or infinite samples, or some above 1e12.")
        if rate > MAX_RATE:
            raise ValueError("The file's rate is above 1 MHz.")
        return samples, np.int32(rate)

    def decode_sound(contents: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        samples, rate = tf.numpy_function(decode, [contents], (tf.float32, tf.int32))
        samples.set_shape([None, None])
        rate.set_shape([])
        return samples, rate

    return decode_sound
