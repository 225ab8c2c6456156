"""One modality of every row: what a record is paired from."""

import copy
import dataclasses
import hashlib
import os
import types
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.autograph import converted
from keras_multimodal.data.column.no_array import NoArray
from keras_multimodal.data.column.registry import make_transform
from keras_multimodal.data.column.transform import Transform
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import Modality
from keras_multimodal.types import Tensor, Tensors

CellLoader = Callable[[tf.Tensor], Any]
RowLoader = Callable[[tf.Tensor], Any]
RandomRowLoader = Callable[[tf.Tensor, tf.Tensor], Any]
BatchFinisher = Callable[[Any, tf.Tensor], Tensors]


class Column(NoArray):
    """One modality's column: its description, its raw cells and the key of each row.

    `ImageStream`, `TextProcessor` and their like make columns; `pair` joins them by key. A
    subclass says how a cell is read and what happens to a batch: `cell_loader` (or `row_loader`)
    and `batch_finisher`.

    Args:
        spec: The modality's description.
        keys: One hashable key for each row.
        cells: One string for each row, such as a path or a text; an empty string is an absent
            cell.
        source: Where the cells come from, for error messages, such as `"column 'name'"`.

    Raises:
        ValueError: If `keys` and `cells` differ in length, or there are none.

    Example:

    >>> from keras_multimodal.schema import Text
    >>> column = Column(Text(length=3), ["a", "b"], ["red cat", ""], source="column 'title'")
    >>> column.present.tolist()
    [True, False]
    """

    _batches = ("a column", "pair(column).batch(32, training=True)")

    # Whether cells are paths of files, which may turn out to be unreadable.
    reads_files = False

    # By key, what could not be read as the column was made and why, and what becomes of such rows.
    unreadable: Mapping[Hashable, str] = types.MappingProxyType({})
    on_unreadable: Literal["mask", "drop"] = "mask"

    _view: str | None = None

    # The attributes that hold one entry for each row, and what an absent row has there.
    _columns: ClassVar[dict[str, Any]] = {"cells": ""}

    def __init__(
        self, spec: Modality, keys: Sequence[Hashable], cells: Sequence[str], source: str
    ) -> None:
        self.spec = spec
        self.keys = list(keys)
        self.cells = np.asarray(cells, dtype=object)
        self.source = source
        if len(self.keys) != len(self.cells):
            raise ValueError(
                f"`keys` must have one key for each of the {len(self.cells)} rows of {source}. "
                f"Received: {len(self.keys)} keys"
            )
        if not self.keys:
            raise ValueError(f"`cells` must have at least one row. Received: no rows in {source}")

    def __len__(self) -> int:
        return len(self.keys)

    def __repr__(self) -> str:
        """Return rows, shape and what is missing, in a line."""
        return f"<{type(self).__name__} {self.spec.name!r} of {self.source}: {self.summary()}>"

    def summary(self) -> str:
        """Return what a row's tensor is like, and how many rows lack it."""
        absent = int((~self.present).sum())
        lacking = f", {absent:,} of them missing" if absent else ""
        return f"{self.spec.shape} {self.spec.dtype}, {len(self):,} rows{lacking}"

    @property
    def view(self) -> str:
        """The name that random changes are drawn for: columns of one view change alike."""
        return self._view or self.spec.name

    def with_view(self, view: str) -> Self:
        """Return the column with another view.

        The two pictures of a stereo camera, or a picture and its mask, must be turned and flipped
        together: give their columns one view.

        Args:
            view: Any name.
        """
        changed = copy.copy(self)
        changed._view = view
        return changed

    @property
    def present(self) -> np.ndarray:
        """A mask of the rows that have this modality, `(rows,)` bool."""
        return self.cells != ""

    @property
    def transform(self) -> Transform[Any]:
        """The modality's preprocessing, the same as in the exported model."""
        return make_transform(self.spec)

    def group_of(self, key: Hashable) -> Hashable:
        """Return what the row of `key` is kept together with where records are split."""
        return key

    def cell_name(self, row: int) -> str:
        """Return what messages call the cell of a row."""
        return str(self.cells[row])

    def fingerprints(self) -> list[str]:
        """Return a checksum of what is read of each row; an empty string where it is absent.

        A file counts as changed if its path, its size or its time of change has.
        """
        return [
            hashlib.blake2b(self.content(row), digest_size=16).hexdigest() if there else ""
            for row, there in enumerate(self.present.tolist())
        ]

    def content(self, row: int) -> bytes:
        """Return what `fingerprints` makes a digest of, for a row that is there."""
        content = str(self.cells[row])
        if self.reads_files:
            try:
                found = os.stat(content)
            except OSError as error:
                raise FileNotFoundError(
                    f"Row {self.keys[row]!r} must have a file that can be read; {self.source} has "
                    f"{content!r}: {error.strerror}"
                ) from error
            content = f"{content}\n{found.st_size}\n{found.st_mtime_ns}"
        return content.encode("utf-8", "surrogatepass")

    def take(self, keys: Sequence[Hashable], rows: np.ndarray) -> Self:
        """Return other rows: `rows[i]` is the row of `keys[i]`, -1 for an absent cell."""
        taken = copy.copy(self)
        taken.keys = list(keys)
        for name, absent in self._columns.items():
            values = getattr(self, name)[rows]
            values[rows < 0] = absent
            setattr(taken, name, values)
        return taken

    def with_spec(self, spec: Modality) -> Self:
        """Return the column with another description."""
        changed = copy.copy(self)
        changed.spec = spec
        return changed

    def as_described(self, spec: Modality) -> Self:
        """Return the column as other rows were described, with what was learned of these.

        A subclass refuses, or rearranges, what it has read in another way.

        Args:
            spec: The description of the same modality, as a trained model's schema has it.

        Raises:
            ValueError: If it is of another kind, or nothing has been learned.
        """
        if type(spec) is not type(self.spec):
            raise ArgumentError(
                "schema",
                f"must describe {spec.name!r} as what it is, {type(self.spec).__name__}. "
                f"Received: {type(spec).__name__}",
            )
        make_transform(spec)  # refuses a description that has learned nothing
        return self.with_spec(spec)

    def as_optional(self) -> Self:
        """Return the column with its modality declared optional."""
        return self.with_spec(dataclasses.replace(self.spec, optional=True))

    def adapt(self) -> Self:
        """Return the column with whatever its description learns from its rows."""
        return self

    def blank(self) -> Tensors:
        """Return what a row without a cell has in place of what `cell_loader` makes of one."""
        return self.transform.blank()

    def cell_loader(self) -> CellLoader:
        """Return the graph function from one cell to what the transform's `load` makes of it."""
        return self.transform.load

    @property
    def source_column(self) -> "Column":
        """The column whose rows `row_loader` reads: this one, or one with more cells."""
        return self

    def source_rows(self, rows: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
        """Return the rows of `source_column` that stand for `rows`, -1 where there is none.

        Args:
            rows: The rows' numbers, `(count,)` int64.
            seeds: The rows' seeds in this epoch, `(count,)` uint32; `None` outside of training.
        """
        return rows

    def row_loader(self) -> RowLoader:
        """Return the graph function from a row of `source_column` to what its cell becomes.

        It makes of a cell what `cell_loader` does, on many rows in parallel, and leaves absent
        cells alone. A subclass whose cells are no strings writes this one and not `cell_loader`.
        """
        cells = tf.constant(self.cells.tolist(), tf.string)
        load = converted(self.cell_loader())
        if self.present.all():
            return lambda row: load(tf.gather(cells, row))
        blank = self.blank()

        def load_present(row: tf.Tensor) -> Tensor:
            cell = tf.gather(cells, row)
            return tf.cond(tf.equal(cell, ""), lambda: blank, lambda: load(cell))

        return load_present

    def random_row_loader(self) -> RandomRowLoader | None:
        """Return a `row_loader` of columns that training reads differently in each epoch.

        Returns:
            The graph function from a row of `source_column` and its seed in this epoch, a uint32
            scalar, to what it loads; `None` where `row_loader` serves.
        """
        return None

    def batch_finisher(self, batch_size: int, training: bool) -> BatchFinisher:
        """Return the graph function from a loaded batch and its rows' seeds to the model's inputs.

        Args:
            batch_size: The largest batch there will be.
            training: Whether to augment.
        """
        finish = converted(self.transform.finish)
        return lambda loaded, seeds: finish(loaded)
