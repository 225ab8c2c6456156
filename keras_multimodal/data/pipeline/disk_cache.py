"""What is decoded of files, kept on disk."""

import dataclasses
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras_multimodal._folders import replace_folder
from keras_multimodal.data.column.column import Column, RandomRowLoader
from keras_multimodal.data.column.digests import digest
from keras_multimodal.data.pipeline.row_reader import source_rows


def cache_on_disk(
    columns: Sequence[Column], folder: str, threads: int
) -> dict[str, RandomRowLoader]:
    """Loaders of what has been read and decoded once, now or in an earlier run.

    A column's rows lie in a folder of their own, one file each, named after a digest of the
    description and of each file's path, size and time of change: what has changed is read anew, and
    what belongs to other rows stays where it is. A folder appears whole or not at all.

    Args:
        columns: Streams; those that read no files are left alone.
        folder: Where to keep it.
        threads: Rows read at a time.

    Returns:
        By column, the graph function from a row of `source_column`, or -1, to what it loads.
    """
    loaders = {}
    for column in columns:
        if column.reads_files:
            kept = pathlib.Path(folder, f"{column.spec.name}-{_digest(column.source_column)}")
            if not kept.is_dir():
                _write(column.source_column, kept, threads)
            loaders[column.spec.name] = _loader(column, kept)
    return loaders


def _digest(column: Column) -> str:
    """Return a checksum of the files and of how they are read."""
    files = []
    for path in column.cells:
        try:
            found = os.stat(path) if path else None
        except OSError:  # named by its row when it is to be read
            found = None
        files.append((path, found and found.st_size, found and found.st_mtime_ns))
    return digest([tf.__version__, dataclasses.asdict(column.spec), files])


def _write(column: Column, kept: pathlib.Path, threads: int) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with replace_folder(kept, overwrite=False, marker="0", argument="cache") as partial:
        partial.mkdir()
        row = 0
        for loaded in source_rows(column, threads):
            parts = [part.numpy() for part in tf.nest.flatten(loaded)]
            for own in zip(*parts, strict=True):
                (partial / str(row)).write_bytes(b"".join(np.asarray(p).tobytes() for p in own))
                row += 1


def _loader(column: Column, kept: pathlib.Path) -> RandomRowLoader:
    blank = column.blank()
    flat = tf.nest.flatten(blank)
    sizes = [part.shape.num_elements() * part.dtype.size for part in flat]
    starts = np.cumsum([0, *sizes[:-1]])

    def read(row: tf.Tensor) -> Any:
        contents = tf.io.read_file(tf.strings.join([f"{kept}{os.sep}", tf.strings.as_string(row)]))
        parts = []
        for part, start, size in zip(flat, starts, sizes, strict=True):
            own = contents if len(flat) == 1 else tf.strings.substr(contents, start, size)
            parts.append(tf.reshape(tf.io.decode_raw(own, part.dtype), part.shape))
        return tf.nest.pack_sequence_as(blank, parts)

    return lambda row, seed: tf.cond(row < 0, lambda: blank, lambda: read(row))
