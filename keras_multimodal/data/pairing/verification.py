"""Finding the files that cannot be read, and saying why."""

import dataclasses
import os
import re
from collections.abc import Hashable, Sequence

import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.autograph import converted, unconverted
from keras_multimodal.data.column.column import Column
from keras_multimodal.data.column.files import file_problem
from keras_multimodal.data.column.missing_files import why_missing
from keras_multimodal.schema.file_endings import UNREAD_ENDINGS

# What TensorFlow puts around a kernel's own message.
_OP_NAMES = re.compile(r"\{\{.*?\}\}|\[Op:.*", re.DOTALL)
_UNREAD = tuple(ending for endings in UNREAD_ENDINGS.values() for ending in endings)
_ASSERTION = re.compile(r"Expected '.*' to be true\. Summarized data: b(['\"])(.*)\1", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Unreadable:
    """A cell that cannot be loaded.

    Args:
        row: The row's number.
        key: The row's key.
        modality: The modality's name.
        cell: The cell, such as a path.
        reason: What is wrong with it.
    """

    row: int
    key: Hashable
    modality: str
    cell: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.key!r}: {self.modality}={self.cell!r} {self.reason}"


def find_unreadable(columns: Sequence[Column]) -> list[Unreadable]:
    """Load every file once.

    Args:
        columns: Columns of any rows.

    Returns:
        One entry for each cell that cannot be loaded, by column and row of its `source_column`.
    """
    found = []
    for column in (column.source_column for column in columns if column.reads_files):
        present = np.flatnonzero(column.present)
        for row in sorted(set(present.tolist()) - _readable(column, present)):
            cell = column.cells[row]
            reason = _reason(column, cell)
            found.append(Unreadable(row, column.keys[row], column.spec.name, cell, reason))
    return found


def without_unreadable(column: Column, unreadable: Sequence[Unreadable]) -> Column:
    """Return the column with the cells that cannot be read absent."""
    rows = np.arange(len(column))
    rows[[cell.row for cell in unreadable if cell.modality == column.spec.name]] = -1
    return column.take(column.keys, rows)


def check_readable(columns: Sequence[Column]) -> None:
    """Refuse files that cannot be read.

    Raises:
        ValueError: If there are any; it names the rows, the files and what is wrong.
    """
    found = find_unreadable(columns)
    if found:
        raise ValueError(
            f"`records` must hold files that can be read. Received: {len(found)} that cannot. "
            + "; ".join(map(str, found[:5]))
            + (f"; and {len(found) - 5} more" if len(found) > 5 else "")
            + ". Replace the files, or empty their cells in the table."
        )


def _readable(column: Column, rows: np.ndarray) -> set[int]:
    """Return the rows that load without an error."""
    load = converted(column.cell_loader())

    def try_to_load(row: tf.Tensor, cell: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return row, load(cell)

    cells = tf.constant(column.cells[rows].tolist(), tf.string)
    dataset = tf.data.Dataset.from_tensor_slices((rows, cells))
    dataset = dataset.map(unconverted(try_to_load), tf.data.AUTOTUNE).ignore_errors()
    return {int(row) for row, _ in dataset}


def _reason(column: Column, cell: str) -> str:
    """Return what is wrong with a cell that does not load."""
    if not os.path.exists(cell):
        return why_missing(cell)
    problem = file_problem(cell)
    if problem:
        return problem
    if not os.path.getsize(cell):
        return "has 0 bytes"
    try:
        column.cell_loader()(tf.constant(cell))
    except (tf.errors.OpError, ValueError) as error:
        message = getattr(error, "message", str(error))  # TensorFlow's own leave out the names
        unread = next((each for each in _UNREAD if cell.lower().endswith(each)), None)
        if unread is not None:
            return f"cannot be decoded: {unread} files are not read; convert it"
        message = _ASSERTION.sub(r"\2", _OP_NAMES.sub("", message).strip())
        return f"cannot be decoded ({message})"
    return "could be read only the second time"
