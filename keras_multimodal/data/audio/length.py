"""The length of a recording, without decoding it."""

import os

import tensorflow as tf

from keras_multimodal.data.audio.sound_file import sound_seconds
from keras_multimodal.data.audio.wav import wav_layout
from keras_multimodal.data.column.files import file_problem


def recording_seconds(path: str | os.PathLike[str]) -> float | None:
    """Return a recording's length in seconds; `None` where it cannot be told.

    Args:
        path: The file, of any format that a column of recordings reads.
    """
    if not os.path.isfile(path) or file_problem(path):
        return None
    contents = tf.io.read_file(os.fspath(path))
    layout = wav_layout(contents)
    if not (layout.riff and layout.known):
        return sound_seconds(path)
    if layout.data < 0 or layout.data + layout.length > os.path.getsize(path) or not layout.rate:
        return None  # reading it says what is wrong
    return int(layout.count) / int(layout.rate)
