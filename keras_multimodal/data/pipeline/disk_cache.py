"""What is decoded of files, kept on disk."""

import dataclasses
import hashlib
import json
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras_multimodal._folders import replace_folder
from keras_multimodal.data.column.column import RandomRowLoader, Stream
from keras_multimodal.data.pipeline.row_reader import source_rows


def cache_on_disk(
    streams: Sequence[Stream], folder: str, threads: int
) -> dict[str, RandomRowLoader]:
    """Loaders of what has been read and decoded once, now or in an earlier run.

    A stream's rows lie in a folder of their own, one file each, named after a digest of the
    description and of each file's path, size and time of change: what has changed is read anew, and
    what belongs to other rows stays where it is. A folder appears whole or not at all.

    Args:
        streams: Streams; those that read no files are left alone.
        folder: Where to keep it.
        threads: Rows read at a time.

    Returns:
        By stream, the graph function from a row of `source_stream`, or -1, to what it loads.
    """
    loaders = {}
    for stream in streams:
        if stream.reads_files:
            kept = pathlib.Path(folder, f"{stream.spec.name}-{_digest(stream.source_stream)}")
            if not kept.is_dir():
                _write(stream.source_stream, kept, threads)
            loaders[stream.spec.name] = _loader(stream, kept)
    return loaders


def _digest(stream: Stream) -> str:
    """What changes if anything does that what is read depends on."""
    files = []
    for path in stream.cells:
        try:
            found = os.stat(path) if path else None
        except OSError:  # named by its row when it is to be read
            found = None
        files.append((path, found and found.st_size, found and found.st_mtime_ns))
    content = json.dumps([tf.__version__, dataclasses.asdict(stream.spec), files])
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _write(stream: Stream, kept: pathlib.Path, threads: int) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with replace_folder(kept, overwrite=False, marker="0", argument="`cache`") as partial:
        partial.mkdir()
        row = 0
        for loaded in source_rows(stream, threads):
            parts = [part.numpy() for part in tf.nest.flatten(loaded)]
            for own in zip(*parts, strict=True):
                (partial / str(row)).write_bytes(b"".join(np.asarray(p).tobytes() for p in own))
                row += 1


def _loader(stream: Stream, kept: pathlib.Path) -> RandomRowLoader:
    blank = stream.blank()
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
