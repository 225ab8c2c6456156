"""What is decoded of files, kept on disk."""

import functools
import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.column import Column, RandomRowLoader
from keras_multimodal.data.column.digests import preprocessing_digest
from keras_multimodal.data.column.shard_folder import ShardFolder
from keras_multimodal.data.pipeline.row_reader import source_rows


def cache_on_disk(
    columns: Sequence[Column], directory: str, threads: int
) -> dict[str, RandomRowLoader]:
    """Return loaders of what has been read and decoded once, now or in an earlier run.

    Each row is a file in a shard of its column's `ShardFolder`. It is found by the path,
    the size and the time of change of the file that it was decoded from.

    Args:
        columns: Columns; those that read no files are left alone.
        directory: Where to keep it.
        threads: Rows read at a time.

    Returns:
        By column, the graph function from a row of `source_column`, or -1, to what it loads.
    """
    loaders = {}
    for column in columns:
        if column.reads_files:
            source = column.source_column
            recipe = [tf.__version__, preprocessing_digest(source.spec)]
            shards = ShardFolder.of(directory, source.spec.name, recipe, "`cache`")
            loaders[source.spec.name] = _loader(source, shards, threads)
    return loaders


def _loader(column: Column, shards: ShardFolder, threads: int) -> RandomRowLoader:
    """Return the graph function from a row to what it loads; decode what is not there yet."""
    fingerprints = _fingerprints(column, threads)
    folders: list[str] = []
    places: dict[str, tuple[int, int]] = {}  # by fingerprint: which folder, and which file in it

    def register(shard: pathlib.Path, cells: Sequence[str]) -> None:
        places.update({cell: (len(folders), number) for number, cell in enumerate(cells)})
        folders.append(f"{shard}{os.sep}")

    for shard, cells in shards.shards():
        register(shard, cells)
    lacking = {cell: row for row, cell in enumerate(fingerprints) if cell and cell not in places}
    cells, done = list(lacking), 0
    for loaded in _load(column, np.array(list(lacking.values()), int), threads):
        decoded = [part.numpy() for part in tf.nest.flatten(loaded)]
        part = cells[done : done + len(decoded[0])]
        register(shards.add(part, functools.partial(_write, decoded)), part)
        done += len(part)
    return _file_reader(column, folders, [places.get(cell, (0, -1)) for cell in fingerprints])


def _fingerprints(column: Column, threads: int) -> list[str]:
    try:
        return column.fingerprints()
    except FileNotFoundError:
        for _ in source_rows(column, threads):  # says of which row the file has gone
            pass
        raise


def _load(column: Column, rows: np.ndarray, threads: int) -> Iterator[Any]:
    """Yield what is loaded of some rows, in their order."""
    if len(rows):
        yield from source_rows(column.take([column.keys[row] for row in rows], rows), threads)


def _write(decoded: Sequence[np.ndarray], directory: pathlib.Path) -> None:
    """Write a file for each row: the bytes of all its tensors, one after another."""
    for number, parts in enumerate(zip(*decoded, strict=True)):
        (directory / str(number)).write_bytes(b"".join(np.asarray(p).tobytes() for p in parts))


def _file_reader(
    column: Column, folders: Sequence[str], places: Sequence[tuple[int, int]]
) -> RandomRowLoader:
    """Return the graph function from a row, or -1, to what its file has.

    Args:
        column: The column.
        folders: Folders of files.
        places: For each row, which folder and which file in it; file -1 is an absent row.
    """
    blank = column.blank()
    flat = tf.nest.flatten(blank)
    sizes = [part.shape.num_elements() * part.dtype.size for part in flat]
    starts = np.cumsum([0, *sizes[:-1]])
    folder_names = tf.constant(folders, tf.string)
    folder_of, file_of = tf.unstack(tf.constant(places, tf.int64), axis=1)

    def read_file(row: tf.Tensor) -> Any:
        folder = tf.gather(folder_names, tf.gather(folder_of, row))
        name = tf.strings.as_string(tf.gather(file_of, row))
        contents = tf.io.read_file(tf.strings.join([folder, name]))
        parts = []
        for part, start, size in zip(flat, starts, sizes, strict=True):
            values = contents if len(flat) == 1 else tf.strings.substr(contents, start, size)
            parts.append(tf.reshape(tf.io.decode_raw(values, part.dtype), part.shape))
        return tf.nest.pack_sequence_as(blank, parts)

    def load(row: tf.Tensor, seed: tf.Tensor) -> Any:
        absent = (row < 0) | (tf.gather(file_of, tf.maximum(row, 0)) < 0)
        return tf.cond(absent, lambda: blank, lambda: read_file(row))

    return load
