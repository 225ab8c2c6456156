"""Targets of which each row has a cell."""

import abc
import dataclasses
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from keras_multimodal.data.column.column import Column
from keras_multimodal.data.targets.feed import Feed
from keras_multimodal.data.targets.target_labels import TargetLabels
from keras_multimodal.schema import ClassTarget, NumberTarget
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.types import Cell


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class CellLabels(TargetLabels):
    """A target of which each row has a cell: classes or numbers. It may be one of several.

    Args:
        name: What it is called.
        given: By key, the row's cell, or what says that it is missing; empty once it has rows.
        argument: The argument that it came with, for messages.
        array: One entry for each row; `missing` in rows that lack it.
    """

    missing: ClassVar[float]

    name: str
    given: Mapping[Hashable, Cell]
    argument: str
    array: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0))

    @property
    def arguments(self) -> tuple[str, ...]:
        """The argument of `pair` that it came with."""
        return (self.argument.partition("[")[0],)

    @property
    @abc.abstractmethod
    def spec(self) -> ClassTarget | NumberTarget:
        """The description, with what has been learned."""

    @property
    def arrays(self) -> np.ndarray:
        """The entries of the rows."""
        return self.array

    @property
    @abc.abstractmethod
    def known(self) -> np.ndarray:
        """A mask of the rows that have an entry, `(rows,)` bool."""

    def given_keys(self) -> set[Hashable]:
        """Return the keys for which the user gave a cell, be it an empty one."""
        return set(self.given)

    def present(self, groups: Sequence[Hashable]) -> np.ndarray:
        """Return which rows have a cell, `(rows,)` bool."""
        return np.array([not is_missing(self.given.get(group)) for group in groups], bool)

    @abc.abstractmethod
    def align(
        self, groups: Sequence[Hashable], keys: Sequence[Hashable], columns: Sequence[Column]
    ) -> "CellLabels":
        """Return the labels of rows, each of which has a cell."""

    def spread(self, rows: Sequence[int], count: int) -> Self:
        """Return the labels of more rows, of which the others lack an entry.

        Args:
            rows: The new number of each row.
            count: How many rows there are then.
        """
        array = np.full((count, *self.array.shape[1:]), self.missing, self.array.dtype)
        array[rows] = self.array
        return dataclasses.replace(self, array=array)

    def take(self, rows: np.ndarray) -> Self:
        """Return the labels of the rows of these numbers."""
        return dataclasses.replace(self, array=self.array[rows])

    def feed(self, weights: np.ndarray | None) -> Feed:
        """Return the entries as they are."""
        return Feed(labels=self.arrays, weights=weights)

    def feed_with_gaps(self, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Return entries and weights; an entry that is not there is 0, of weight 0."""
        known = self.known
        filled = self.arrays.copy()
        filled[~known] = 0
        shares = known.astype("float32")
        return filled, shares if weights is None else shares * weights

    @abc.abstractmethod
    def cells(self) -> Mapping[str, Any]:
        """Return the entries as a user wrote them, by column."""
