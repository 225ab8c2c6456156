"""Finding the files that cannot be read, and saying why."""

import os
import re
from collections.abc import Hashable, Sequence

import numpy as np
import tensorflow as tf

from keras_multimodal.data.stream import Stream

# What TensorFlow puts around a kernel's own message.
_OP_NAMES = re.compile(r"\{\{.*?\}\}|\[Op:.*", re.DOTALL)


def find_unreadable(streams: Sequence[Stream], keys: Sequence[Hashable]) -> list[str]:
    """Load every file once.

    Args:
        streams: Aligned streams.
        keys: The rows' keys.

    Returns:
        One line for each cell that cannot be loaded: its row, what it is, and what is wrong.
    """
    found = []
    for stream in (stream for stream in streams if stream.reads_files):
        present = np.flatnonzero(stream.present)
        for row in sorted(set(present.tolist()) - _readable(stream, present)):
            cell = stream.cells[row]
            found.append(f"row {keys[row]!r}: {stream.spec.name}={cell!r} {_reason(stream, cell)}")
    return found


def _readable(stream: Stream, rows: np.ndarray) -> set[int]:
    """The rows that load without an error."""
    load = stream.loader()

    def try_to_load(row: tf.Tensor, cell: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return row, load(cell)

    cells = tf.constant(stream.cells[rows].tolist(), tf.string)
    dataset = tf.data.Dataset.from_tensor_slices((rows, cells))
    dataset = dataset.map(try_to_load, num_parallel_calls=tf.data.AUTOTUNE).ignore_errors()
    return {int(row) for row, _ in dataset}


def _reason(stream: Stream, cell: str) -> str:
    """What is wrong with a cell that does not load."""
    if not os.path.exists(cell):
        return "is not there"
    if not os.path.getsize(cell):
        return "has 0 bytes"
    try:
        stream.loader()(tf.constant(cell))
    except tf.errors.OpError as error:
        return f"cannot be decoded ({_OP_NAMES.sub('', error.message).strip()})"
    return "could be read only the second time"
