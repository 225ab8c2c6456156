"""Datasets as the frames that columns are made of."""

import contextlib
import json
import os
import pathlib
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import keras
import pandas as pd
import tensorflow as tf

from keras_multimodal._folders import replace_folder
from keras_multimodal.data.sources.dataset_column import FILES, DatasetColumn
from keras_multimodal.data.sources.dataset_rows import dataset_rows
from keras_multimodal.schema.missing_cells import is_missing

# By this file a folder is known that may be overwritten.
MARKER = "records.json"


def read_dataset(
    dataset: tf.data.Dataset | keras.utils.PyDataset | Iterable[Any],
    directory: str | os.PathLike[str] | None = None,
    key: str | None = None,
    columns: Sequence[str] | None = None,
    *,
    overwrite: bool = False,
) -> pd.DataFrame:
    """Read a dataset as the frame that columns are made of.

    Pictures and recordings are written to `directory/<column>/<row>.<ending>` as they come, so that
    no more than one of them is in memory; their cells are the files' paths. All else is in the
    frame.

    A record is a dict, or a tuple of a dict, a label and a weight, which become the columns
    `"label"` and `"sample_weight"`. The dicts in a dict have columns such as `"outer/inner"`. What
    becomes of a value:

    - uint8 and uint16 of shape `(height, width, channels)`, with 1, 3 or 4 channels, is a picture,
      written as PNG; an encoded JPEG, PNG, GIF, BMP or WebP is written as it is;
    - an encoded WAV, FLAC, Ogg or MP3 is a recording, and is written as it is;
    - numbers, booleans and texts are cells as they are; `None`, NaN and `""` are missing;
    - arrays of numbers of rank 1 or 2, such as `(time, channels)`, are cells, for
      `SensorProcessor.load_arrays(frame[column])`;
    - several texts, such as the captions of a picture, are a list; `frame.explode(column)` makes a
      row of each.

    Args:
        dataset: A `tf.data.Dataset` or any iterable of records, or a `keras.utils.PyDataset` whose
            batches they are. It is read once, from its beginning to its end; a PyDataset must not
            change the order of its rows meanwhile.
        directory: Folder that pictures and recordings go to. It appears once all is written, or
            not at all. May be left out where there are none.
        key: The column of keys, which becomes the index. By default keys are 0, 1, 2, ... in the
            order of the records, and mean nothing to other sources.
        columns: The columns to read; by default all of them.
        overwrite: Whether a folder that an earlier call wrote may be replaced.

    Returns:
        A row for each record.

    Raises:
        TypeError: If it is no dataset of dicts.
        ValueError: If it has no rows or no end; if records differ in their columns; if a value
            cannot be a cell, such as a video, or is of another kind than those before it; if a text
            is not UTF-8; if a key is missing or repeats; if `directory` is needed or holds other
            things. The message names column and row.

    Example:

    >>> pixels = tf.zeros((2, 8, 8, 3), tf.uint8)
    >>> pets = {"id": ["x", "y"], "photo": pixels, "name": ["Rex", "Tom"]}
    >>> frame = read_dataset(tf.data.Dataset.from_tensor_slices(pets), "pets", key="id")
    >>> frame.loc["y"].to_dict()
    {'photo': 'pets/photo/1.png', 'name': 'Tom'}
    """
    if isinstance(columns, str) or (columns is not None and not columns):
        raise ValueError(
            f"`columns` must be a list of at least one name. Received: columns={columns!r}"
        )
    with contextlib.ExitStack() as stack:
        written = None
        if directory is not None:
            written = stack.enter_context(replace_folder(directory, overwrite, marker=MARKER))
            written.mkdir()
        found = _read(dataset, written, os.fspath(directory or ""), key, columns)
        rows = range(len(next(iter(found.values())).cells))
        keys = None if key is None else _keys(found.pop(key))
        frame = pd.DataFrame({name: c.series() for name, c in found.items()}, index=rows)
        if written is not None:
            files = {name: column.kind for name, column in found.items() if column.kind in FILES}
            content = {"rows": len(frame), "files": files}
            (written / MARKER).write_text(json.dumps(content, indent=2), encoding="utf-8")
    if keys is not None:
        frame.index = pd.Index(keys, name=key)
    return frame


def _read(
    dataset: Any,
    written: pathlib.Path | None,
    directory: str,
    key: str | None,
    columns: Sequence[str] | None,
) -> dict[str, DatasetColumn]:
    """Return the columns, and that of keys, by name."""
    found: dict[str, DatasetColumn] = {}
    names: set[str] = set()
    for row, record in enumerate(dataset_rows(dataset)):
        if not row:
            names = set(record)
            keys = [] if key is None else [key]
            for argument, wanted in (("columns", columns or ()), ("key", keys)):
                unknown = [name for name in wanted if name not in names]
                if unknown:
                    raise ValueError(
                        f"`{argument}` must name columns of the dataset, which has "
                        f"{sorted(names)}. Received: {unknown}"
                    )
            chosen = [*(record if columns is None else columns), *keys]
            found = {name: DatasetColumn(name, written, directory) for name in chosen}
        if record.keys() != names:
            raise ValueError(
                "`dataset` must have the same columns in every record, with None where there is "
                f"nothing. Received: row {row} without {sorted(names - record.keys())} and with "
                f"{sorted(record.keys() - names)} besides"
            )
        for name, column in found.items():
            column.append(record[name])
    if not found:
        raise ValueError("`dataset` must have at least one record. Received: none")
    return found


def _keys(column: DatasetColumn) -> list[Hashable]:
    if column.kind not in ("", "numbers", "texts"):
        raise ValueError(
            "`key` must name a column of numbers or texts. "
            f"Received: {column.kind} in column {column.name!r}"
        )
    first: dict[Hashable, int] = {}
    for row, cell in enumerate(column.cells):
        if is_missing(cell):
            raise ValueError(
                "`key` must have no empty cell. "
                f"Received: {cell!r} in row {row} of column {column.name!r}"
            )
        if cell in first:
            raise ValueError(
                "`key` must have another value in each row. "
                f"Received: {cell!r} in rows {first[cell]} and {row} of column {column.name!r}"
            )
        first[cell] = row
    return list(first)
