"""A column of a table's rows, as `TableProcessor` makes it."""

import collections
import dataclasses
import json
from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.column import Column, RowLoader
from keras_multimodal.schema import Tabular


class TableColumns(Column):
    """Numbers and categories by key: what `TableProcessor` makes.

    Means, standard deviations and categories are learned on the training rows: `records.split`
    does so by itself.

    Args:
        spec: The columns' description.
        keys: One key for each row.
        numbers: `(rows, numeric)` float64, NaN where a cell is missing.
        strings: `(rows, categorical)` strings, empty where a cell is missing.
        source: Where they come from, for error messages.

    Raises:
        ValueError: If a number is infinite. The message names column and row.

    Example:

    >>> spec = Tabular(numeric=("age",), categorical=("town",))
    >>> cells = np.array([[20.0], [40.0]]), np.array([["Ulm"], [""]], object)
    >>> column = TableColumns(spec, ["a", "b"], *cells, "a frame").adapt()
    >>> column.spec.mean, column.spec.std, column.spec.categories
    ((30.0,), (10.0,), (('Ulm',),))
    """

    _columns: ClassVar[dict[str, Any]] = {"cells": "", "numbers": np.nan, "strings": ""}
    spec: Tabular

    def __init__(
        self,
        spec: Tabular,
        keys: Sequence[Hashable],
        numbers: np.ndarray,
        strings: np.ndarray,
        source: str,
    ) -> None:
        if np.isinf(numbers).any():
            row, column = np.argwhere(np.isinf(numbers))[0]
            raise ValueError(
                "`numbers` must be finite, or NaN where a cell is missing. "
                f"Received: {numbers[row, column]} in row {keys[row]!r} of column "
                f"{spec.numeric[column]!r}"
            )
        there = np.concatenate([np.isfinite(numbers), strings != ""], axis=1)
        cells = [f"{n} of {there.shape[1]} cells" if n else "" for n in there.sum(1)]
        super().__init__(spec, keys, cells, source)
        self.numbers = numbers
        self.strings = strings

    def adapt(self) -> Self:
        """Return the column with the statistics and the categories of its rows.

        Raises:
            ValueError: If a column has no cell at all. The message names it.
        """
        there = np.isfinite(self.numbers)
        empty = [n for n, any_ in zip(self.spec.numeric, there.any(0), strict=True) if not any_]
        if empty:
            raise ValueError(
                f"Table {self.spec.name!r} must have a number in each numeric column of the "
                f"training rows. Received: none in {empty}. Leave them out of `numeric`, and "
                "name the others."
            )
        mean = np.nanmean(self.numbers, 0) if there.size else np.zeros(0)
        std = np.nanstd(self.numbers, 0) if there.size else np.zeros(0)
        std[std <= 1e-7 * np.abs(mean)] = 1  # a constant column is 0 once its mean is subtracted
        categories = []
        for column in self.strings.T:
            counts = collections.Counter(cell for cell in column if cell)
            categories.append(tuple(sorted(counts, key=lambda cell: (-counts[cell], cell))))
        empty = [n for n, c in zip(self.spec.categorical, categories, strict=True) if not c]
        if empty:
            raise ValueError(
                f"Table {self.spec.name!r} must have a category in each categorical column of the "
                f"training rows. Received: none in {empty}. Leave them out of `categorical`, and "
                "name the others."
            )
        return self.with_spec(
            dataclasses.replace(
                self.spec,
                mean=tuple(mean.tolist()),
                std=tuple(std.tolist()),
                categories=tuple(categories),
            )
        )

    def content(self, row: int) -> bytes:
        """Return a row's cells."""
        return json.dumps([self.numbers[row].tolist(), self.strings[row].tolist()]).encode()

    def row_loader(self) -> RowLoader:
        """Return the graph function from a row to its cells."""
        numbers = tf.constant(self.numbers, tf.float32)
        strings = tf.reshape(tf.constant(self.strings.tolist(), tf.string), self.strings.shape)
        return lambda row: {"numbers": numbers[row], "strings": strings[row]}
