"""A column of a table's rows, as `TableProcessor` makes it."""

import collections
import dataclasses
import json
from collections.abc import Hashable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.column import Column, RowLoader
from keras_multimodal.data.column.precision import (
    LARGEST,
    loses_digits,
    mean_and_deviation,
    rounding,
)
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import Modality, Tabular
from keras_multimodal.schema.class_names import known_name
from keras_multimodal.schema.number_writing import PLAIN, UntoldWriting, find_writing


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
        written: `(rows, numeric)` strings, the numbers as they are written where that is known, by
            which they are named if they turn out to be categories. Default `None`.

    Raises:
        ValueError: If a number is infinite, or would be in float32. The message names column and
            row.

    Example:

    >>> spec = Tabular(numeric=("age",), categorical=("town",))
    >>> cells = np.array([[20.0], [40.0]]), np.array([["Ulm"], [""]], object)
    >>> column = TableColumns(spec, ["a", "b"], *cells, "a frame").adapt()
    >>> column.spec.mean, column.spec.std, column.spec.categories
    ((30.0,), (10.0,), (('Ulm',),))
    """

    _columns: ClassVar[dict[str, Any]] = {
        "cells": "",
        "numbers": np.nan,
        "strings": "",
        "written": "",
    }
    spec: Tabular

    def __init__(
        self,
        spec: Tabular,
        keys: Sequence[Hashable],
        numbers: np.ndarray,
        strings: np.ndarray,
        source: str,
        written: np.ndarray | None = None,
    ) -> None:
        infinite = np.argwhere(np.abs(numbers) > LARGEST)
        if len(infinite):
            row, column = infinite[0]
            raise ValueError(
                "`numbers` must be finite in float32, or NaN where a cell is missing. "
                f"Received: {numbers[row, column]} in row {keys[row]!r} of column "
                f"{spec.numeric[column]!r}"
            )
        there = np.concatenate([np.isfinite(numbers), strings != ""], axis=1)
        cells = [f"{n} of {there.shape[1]} cells" if n else "" for n in there.sum(1)]
        super().__init__(spec, keys, cells, source)
        self.numbers = numbers
        self.strings = strings
        self.written = np.zeros((len(keys), 0), object) if written is None else written

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
        mean, std = mean_and_deviation(self.numbers) if there.size else np.zeros((2, 0))
        lost = loses_digits(rounding(self.numbers), mean, std)
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
                float64=tuple(np.array(self.spec.numeric, object)[lost]),
            )
        )

    def as_described(self, spec: Modality) -> Self:
        """Return the column as other rows were described; see the base class.

        Its columns come in the description's order. A column that had other cells there is read
        as there: numbers as the names of categories, and names as numbers.

        Raises:
            ValueError: If it has other columns, or a cell that should be a number is none.
        """
        described = super().as_described(spec)
        numeric, categorical = described.spec.numeric, described.spec.categorical
        if set(described.spec.columns) != set(self.spec.columns):
            lacking = [name for name in described.spec.columns if name not in self.spec.columns]
            beyond = [name for name in self.spec.columns if name not in described.spec.columns]
            raise ArgumentError(
                "schema",
                f"must describe the columns that table {spec.name!r} has. "
                f"Received: {lacking} that it lacks, and not {beyond} that it has. Name the "
                "columns of the trained model to TableProcessor.",
            )
        rows = len(self)
        described.numbers = np.array([self._as_numbers(n) for n in numeric], "float64")
        described.numbers = described.numbers.reshape(-1, rows).T
        known = zip(categorical, described.spec.categories, strict=True)
        described.strings = np.array([self._as_names(name, names) for name, names in known], object)
        described.strings = described.strings.reshape(-1, rows).T
        described.written = np.zeros((rows, 0), object)
        return described

    def _as_numbers(self, name: str) -> np.ndarray:
        """Return a column's cells as numbers, NaN where they are missing."""
        if name in self.spec.numeric:
            return self.numbers[:, self.spec.numeric.index(name)]
        names = self.strings[:, self.spec.categorical.index(name)]
        try:
            writing = find_writing([cell for cell in names if cell]) or PLAIN
        except UntoldWriting:
            writing = PLAIN
        found = np.array([writing.number(cell) if cell else np.nan for cell in names])
        wrong = np.flatnonzero((names != "") & np.isnan(found))
        if len(wrong):
            raise ValueError(
                f"Table {self.spec.name!r} must have finite numbers in {name!r}, as the trained "
                f"model had. Received: {names[wrong[0]]!r} in row {self.keys[wrong[0]]!r}"
            )
        return found

    def _as_names(self, name: str, known: Sequence[str]) -> np.ndarray:
        """Return a column's cells as the names that are known of them, empty where missing."""
        if name in self.spec.categorical:
            cells = self.strings[:, self.spec.categorical.index(name)].tolist()
        else:
            place = self.spec.numeric.index(name)
            numbers = self.numbers[:, place].tolist()
            written = self.written[:, place] if self.written.size else numbers
            pairs = zip(numbers, written, strict=True)
            cells = ["" if np.isnan(number) else cell for number, cell in pairs]
        names = frozenset(known)
        return np.array(["" if cell == "" else known_name(cell, names) for cell in cells], object)

    def content(self, row: int) -> bytes:
        """Return a row's cells."""
        return json.dumps([self.numbers[row].tolist(), self.strings[row].tolist()]).encode()

    def row_loader(self) -> RowLoader:
        """Return the graph function from a row to its cells."""
        # As the exported model is sent them.
        exact = np.isin(self.spec.numeric, self.spec.float64)
        rounded = np.where(exact, self.numbers, self.numbers.astype("float32"))
        numbers = tf.constant(rounded, tf.float64 if self.spec.float64 else tf.float32)
        strings = tf.reshape(tf.constant(self.strings.tolist(), tf.string), self.strings.shape)
        return lambda row: {"numbers": numbers[row], "strings": strings[row]}
