"""What is decoded of files, kept on disk."""

import dataclasses
import functools
import os
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.column import Column, RandomRowLoader
from keras_multimodal.data.column.digests import preprocessing_digest
from keras_multimodal.data.column.shard_folder import ShardFolder, whole_shard
from keras_multimodal.data.pipeline.row_reader import CachedRows, source_rows

_CHECKSUMS = "checksums.npy"


def cache_on_disk(columns: Sequence[Column], directory: str, threads: int) -> dict[str, CachedRows]:
    """Return loaders of what has been read and decoded once, now or in an earlier run.

    Each row is a file in a shard of its column's `ShardFolder`. It is found by the path,
    the size and the time of change of the file that it was decoded from. Its checksum is in the
    shard's `checksums.npy`, and a file that is no longer what was written is an error.

    Args:
        columns: Columns; those that read no files are left alone.
        directory: Where to keep it.
        threads: Rows read at a time.

    Returns:
        By column, what loads a row of `source_column`, or -1, and names its file.
    """
    loaders = {}
    for column in columns:
        if column.reads_files:
            source = column.source_column
            recipe = [tf.__version__, preprocessing_digest(source.spec), _CHECKSUMS]
            shards = ShardFolder.of(directory, source.spec.inner_name, recipe, "`cache`")
            loaders[source.spec.name] = _loader(source, shards, threads)
    return loaders


@dataclasses.dataclass(frozen=True)
class _Place:
    """The place of a row, and its checksum; an absent row is in file -1."""

    folder: int = 0
    file: int = -1
    checksum: int = 0


def _loader(column: Column, shards: ShardFolder, threads: int) -> CachedRows:
    """Return what loads a row; decode what is not there yet."""
    fingerprints = _fingerprints(column, threads)
    folders: list[str] = []
    places: dict[str, _Place] = {}  # by fingerprint

    def register(shard: pathlib.Path, cells: Sequence[str]) -> None:
        with whole_shard(shard):
            checksums = np.load(shard / _CHECKSUMS).tolist()
            for number, (cell, checksum) in enumerate(zip(cells, checksums, strict=True)):
                places[cell] = _Place(len(folders), number, checksum)
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
    found = [places.get(cell, _Place()) for cell in fingerprints]

    def name(row: int | None) -> str:
        if row is None:
            return str(shards.directory)
        return f"{folders[found[row].folder]}{found[row].file}"

    return CachedRows(_file_reader(column, folders, found), name)


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
    rows = [
        b"".join(np.asarray(p).tobytes() for p in parts) for parts in zip(*decoded, strict=True)
    ]
    for number, contents in enumerate(rows):
        (directory / str(number)).write_bytes(contents)
    np.save(directory / _CHECKSUMS, [int(_checksum(tf.constant(contents))) for contents in rows])


def _checksum(contents: tf.Tensor) -> tf.Tensor:
    """Return the checksum of a file's bytes, an int64 scalar."""
    return tf.reshape(tf.bitcast(tf.fingerprint(tf.reshape(contents, [1])), tf.int64), [])


def _file_reader(
    column: Column, folders: Sequence[str], places: Sequence[_Place]
) -> RandomRowLoader:
    """Return the graph function from a row, or -1, to what its file has.

    Args:
        column: The column.
        folders: Folders of files.
        places: Where each row is kept.
    """
    blank = column.blank()
    flat = tf.nest.flatten(blank)
    sizes = [part.shape.num_elements() * part.dtype.size for part in flat]
    starts = np.cumsum([0, *sizes[:-1]])
    folder_names = tf.constant(folders, tf.string)
    numbers = tf.constant([dataclasses.astuple(place) for place in places], tf.int64)

    def read_file(folder: tf.Tensor, file: tf.Tensor, checksum: tf.Tensor) -> Any:
        name = tf.strings.as_string(file)
        contents = tf.io.read_file(tf.strings.join([tf.gather(folder_names, folder), name]))
        whole = tf.equal(_checksum(contents), checksum)
        with tf.control_dependencies([tf.debugging.Assert(whole, ["The checksum is another"])]):
            contents = tf.identity(contents)
        parts = []
        for part, start, size in zip(flat, starts, sizes, strict=True):
            values = contents if len(flat) == 1 else tf.strings.substr(contents, start, size)
            parts.append(tf.reshape(tf.io.decode_raw(values, part.dtype), part.shape))
        return tf.nest.pack_sequence_as(blank, parts)

    def load(row: tf.Tensor, seed: tf.Tensor) -> Any:
        folder, file, checksum = tf.unstack(tf.gather(numbers, tf.maximum(row, 0)))
        absent = (row < 0) | (file < 0)
        return tf.cond(absent, lambda: blank, lambda: read_file(folder, file, checksum))

    return load
