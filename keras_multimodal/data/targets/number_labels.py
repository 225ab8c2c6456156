"""Targets that are numbers."""

import dataclasses
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from keras_multimodal.data.column.column import Column
from keras_multimodal.data.targets.by_key import columns_by_key
from keras_multimodal.data.targets.cell_labels import CellLabels
from keras_multimodal.data.targets.numbers import learn_statistics, measure, numbers_by_key
from keras_multimodal.data.targets.target_labels import TargetLabels
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import NumberTarget
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.schema.schema import Target


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class NumberLabels(CellLabels):
    """The numbers of each row, `(rows, columns)`; NaN in rows that lack one.

    They are held as float64. Batches have float32, unless that loses digits of the training rows'.

    Args:
        columns: What the numbers are called.
        mean: The mean of each over the training rows; empty until learned.
        std: The standard deviation of each, likewise.
        float64: Whether batches have float64.
    """

    missing: ClassVar[float] = np.nan

    columns: tuple[str, ...]
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    float64: bool = False

    @classmethod
    def read(cls, values: Any, first: Column, *, alone: bool) -> list["NumberLabels"]:
        """Return what `pair` is given for `values`: one target, or one for each column.

        Args:
            values: See `pair`.
            first: The first column, whose order a list has.
            alone: Whether there are no targets but these, which are one then.
        """
        if values is None:
            return []
        if alone:
            given, columns = numbers_by_key(values, first)
            return [cls(name="value", given=given, argument="values", columns=columns)]
        return [
            cls(
                name=name,
                given={key: None if is_missing(cell) else (cell,) for key, cell in cells.items()},
                argument="values",
                columns=(name,),
            )
            for name, cells in columns_by_key(values, first, "values", "value").items()
        ]

    @property
    def spec(self) -> NumberTarget:
        """The columns, with their means and standard deviations."""
        return NumberTarget(
            name=self.name,
            columns=self.columns,
            mean=self.mean,
            std=self.std,
            float64=self.float64,
        )

    @property
    def arrays(self) -> np.ndarray:
        """The numbers of the rows, as batches have them."""
        return self.array if self.float64 else self.array.astype("float32")

    @property
    def known(self) -> np.ndarray:
        """A mask of the rows that have all numbers, `(rows,)` bool."""
        return np.isfinite(self.array).all(axis=1)

    def as_described(self, target: Target) -> TargetLabels:
        """Return the numbers with what was learned of other rows'; see the base class."""
        if not isinstance(target, NumberTarget):
            return super().as_described(target)
        # One number may be called otherwise, as a list's is.
        order = [0] if len(self.columns) == len(target.columns) == 1 else None
        if order is None and set(self.columns) == set(target.columns):
            order = [self.columns.index(column) for column in target.columns]
        if order is None:
            raise ArgumentError(
                "schema",
                f"must have the numbers that are given, {list(self.columns)}. "
                f"Received: {list(target.columns)}",
            )
        return dataclasses.replace(
            self,
            name=target.name,
            columns=target.columns,
            mean=target.mean,
            std=target.std,
            float64=target.float64,
            given={
                key: None if cell is None else tuple(cell[place] for place in order)
                for key, cell in self.given.items()
            },
        )

    def align(
        self, groups: Sequence[Hashable], keys: Sequence[Hashable], columns: Sequence[Column]
    ) -> Self:
        """Return the rows' numbers."""
        array = measure([self.given[group] for group in groups], keys, self.columns)
        # Until it is known what the training rows have, these stand for them.
        exact = self.float64 if self.mean else learn_statistics(self.spec, array).float64
        return dataclasses.replace(self, given={}, array=array, float64=exact)

    def learn(self) -> Self:
        """Return the labels with the means and standard deviations of these rows."""
        spec = learn_statistics(self.spec, self.array[self.known])
        return dataclasses.replace(self, mean=spec.mean, std=spec.std, float64=spec.float64)

    def with_learned(self, train: Self) -> Self:
        """Return the labels with the means and standard deviations of others."""
        return dataclasses.replace(self, mean=train.mean, std=train.std, float64=train.float64)

    def cells(self) -> Mapping[str, np.ndarray]:
        """Return the numbers, by column."""
        return dict(zip(self.columns, self.arrays.T, strict=True))
