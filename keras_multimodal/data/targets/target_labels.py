"""The target of each row, whatever kind it is."""

import abc
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Self, cast

import numpy as np

from keras_multimodal.data.column.column import Column
from keras_multimodal.data.targets.feed import Feed, LabelArrays
from keras_multimodal.data.text.column import TextColumn
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import ClassTarget, NumberTarget, PairTarget, TextTarget
from keras_multimodal.schema.schema import Target

SingleTarget = ClassTarget | NumberTarget | TextTarget | PairTarget


class TargetLabels(abc.ABC):
    """The target of each row, from what the user gave to what a batch has.

    A subclass's `read` takes what the user gave, by key. `align` gives it the records' rows, of
    which it then has one entry each, `learn` what the training rows teach, and `feed` makes of it
    what batches take. Labels are never changed: what changes them returns others.
    """

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of `pair` that it came with."""
        return ()

    @property
    @abc.abstractmethod
    def spec(self) -> Target | None:
        """The description, with what has been learned; `None` where there is no target."""

    @property
    def specs(self) -> tuple[SingleTarget, ...]:
        """The descriptions of the targets one by one: none, one or several."""
        # Several have a `specs` of their own.
        return () if self.spec is None else (cast(SingleTarget, self.spec),)

    @property
    def arrays(self) -> LabelArrays | None:
        """The entries of the rows, as `Records.labels` has them."""
        return None

    @property
    def class_numbers(self) -> np.ndarray | None:
        """The class of each row, `(rows,)` int32, where that is one, and all of the target."""
        return None

    @property
    def captions(self) -> TextColumn | None:
        """The texts that are to be written."""
        return None

    def as_described(self, target: Target) -> "TargetLabels":
        """Return the target as other rows had it, with what was learned of these.

        Args:
            target: The description, as a trained model's schema has it.

        Raises:
            ValueError: If it is of another kind.
        """
        raise ArgumentError(
            "schema",
            f"must have what is given as its target, {' and '.join(self.arguments) or 'match'}. "
            f"Received: {target}",
        )

    def given_keys(self) -> set[Hashable]:
        """Return the keys for which the user gave anything."""
        return set()

    def present(self, groups: Sequence[Hashable]) -> np.ndarray:
        """Return which rows have a target, of several any, `(rows,)` bool.

        Args:
            groups: The key under which each row's target was given.
        """
        return np.ones(len(groups), bool)

    def complete(self, groups: Sequence[Hashable]) -> np.ndarray:
        """Return which rows have their target, of several all, `(rows,)` bool."""
        return self.present(groups)

    def lacking(self, groups: Sequence[Hashable]) -> dict[str, np.ndarray]:
        """Return for each of several targets which rows lack it and have another."""
        return {}

    def too_long(self, groups: Sequence[Hashable]) -> np.ndarray:
        """Return which rows have a text with more tokens than are kept, `(rows,)` bool."""
        return np.zeros(len(groups), bool)

    @abc.abstractmethod
    def align(
        self, groups: Sequence[Hashable], keys: Sequence[Hashable], columns: Sequence[Column]
    ) -> "TargetLabels":
        """Return the labels of rows, each of which has a target.

        Args:
            groups: The key under which each row's target was given.
            keys: What the rows are called in messages.
            columns: The records' columns, with these rows.

        Raises:
            ValueError: If a row's target is none of its kind.
        """

    @abc.abstractmethod
    def take(self, rows: np.ndarray) -> Self:
        """Return the labels of the rows of these numbers."""

    def learn(self) -> Self:
        """Return the labels with what their description learns from these rows.

        Raises:
            ValueError: If none of the rows has one of several targets.
        """
        return self

    def with_learned(self, train: Self) -> Self:
        """Return the labels with what those of the training rows have learned."""
        return self

    @abc.abstractmethod
    def feed(self, weights: np.ndarray | None) -> Feed:
        """Return what batches take of the rows.

        Args:
            weights: The rows' weights, `(rows,)` float32, or `None`.
        """

    def strata(self) -> tuple[np.ndarray | None, list[str]]:
        """Return a number for each row by which parts are made alike, and the classes it counts.

        It is the row's class, in the first target of which each row has one class; rows without it
        have the number after the last. `None` where there is no such target.
        """
        return None, []

    def occurring(self) -> dict[str, frozenset[str]]:
        """Return the names of the classes that rows have, by target; none of other targets."""
        return {}

    def cells(self) -> Mapping[str, Any]:
        """Return the targets as a user wrote them, by column: names of classes, numbers, texts."""
        return {}
