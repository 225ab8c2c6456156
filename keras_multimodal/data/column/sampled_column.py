"""A column of which a row has several cells, one of them at a time."""

from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.column import (
    BatchFinisher,
    CellLoader,
    Column,
    RandomRowLoader,
    RowLoader,
)
from keras_multimodal.data.column.random_numbers import uniform
from keras_multimodal.schema import Modality
from keras_multimodal.types import Tensors

_SLOT = 99  # no augmentation draws from it


class SampledColumn(Column):
    """Draws one of a row's cells anew in each training epoch; elsewhere the first stands.

    `pair(..., on_duplicates="sample")` makes it of a column whose keys repeat.

    Args:
        pool: The column with all cells.
        keys: One key for each row.
        options: For each row, the rows of `pool` that it may draw; none where the cell is absent.

    Example:

    >>> import pandas as pd
    >>> from keras_multimodal.data import TextProcessor, pair
    >>> captions = pd.Series(["a cat", "a kitten", "a dog"], index=["x", "x", "y"])
    >>> records = pair(TextProcessor().load_data(captions), on_duplicates="sample")
    >>> records.keys, records.columns[0].cells.tolist()
    (['x', 'y'], ['a cat', 'a dog'])
    """

    _columns: ClassVar[dict[str, Any]] = {"cells": "", "options": None}

    def __init__(
        self, pool: Column, keys: Sequence[Hashable], options: Sequence[Sequence[int]]
    ) -> None:
        # A cell that is absent is nothing to draw.
        drawable = [tuple(row for row in rows if pool.present[row]) for rows in options]
        cells = [pool.cells[rows[0]] if rows else "" for rows in drawable]
        super().__init__(pool.spec, keys, cells, pool.source)
        self.pool = pool
        self.options = np.empty(len(drawable), object)
        self.options[:] = drawable
        self.reads_files = pool.reads_files
        self._view = pool._view

    def with_spec(self, spec: Modality) -> Self:
        """Return the column with another description."""
        changed = super().with_spec(spec)
        changed.pool = self.pool.with_spec(spec)
        return changed

    def take(self, keys: Sequence[Hashable], rows: np.ndarray) -> Self:
        """Return the column with other rows, and with the cells that these may draw."""
        taken = super().take(keys, rows)
        options = [cells or () for cells in taken.options]
        used = sorted({row for cells in options for row in cells})
        place = {row: index for index, row in enumerate(used)}
        taken.pool = self.pool.take([self.pool.keys[row] for row in used], np.array(used, int))
        taken.options[:] = [tuple(place[row] for row in cells) for cells in options]
        return taken

    def adapt(self) -> Self:
        """Return the column with what its description learns from every cell that it may draw."""
        return self.with_spec(self.pool.adapt().spec)

    def cell_name(self, row: int) -> str:
        """Return all the cells that the row may draw."""
        return " or ".join(str(self.pool.cells[cell]) for cell in self.options[row])

    def blank(self) -> Tensors:
        """Return that of the column with all cells."""
        return self.pool.blank()

    def cell_loader(self) -> CellLoader:
        """Return that of the column with all cells."""
        return self.pool.cell_loader()

    @property
    def source_column(self) -> Column:
        """The column with all cells."""
        return self.pool

    def source_rows(self, rows: tf.Tensor, seeds: tf.Tensor | None) -> tf.Tensor:
        """Return the rows of `pool` for `rows`: drawn with `seeds`, the first without them."""
        counts = np.array([len(cells) for cells in self.options])
        starts = tf.constant(np.cumsum(counts) - counts)
        flat = tf.constant([row for cells in self.options for row in cells] or [0], tf.int64)
        places, having = tf.gather(starts, rows), tf.gather(tf.constant(counts), rows)
        if seeds is not None:
            places += tf.cast(uniform(seeds, _SLOT) * tf.cast(having, tf.float32), tf.int64)
        drawn = tf.gather(flat, tf.minimum(places, flat.shape[0] - 1))
        return tf.where(having > 0, drawn, tf.constant(-1, tf.int64))

    def row_loader(self) -> RowLoader:
        """Return the graph function from a row of `pool` to what its cell becomes."""
        return self.pool.row_loader()

    def random_row_loader(self) -> RandomRowLoader | None:
        """Return that of the column with all cells."""
        return self.pool.random_row_loader()

    def batch_finisher(self, batch_size: int, training: bool) -> BatchFinisher:
        """Return that of the column with all cells."""
        return self.pool.batch_finisher(batch_size, training)
