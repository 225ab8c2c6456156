"""What batches are made of."""

import dataclasses
from collections.abc import Hashable, Sequence

import numpy as np

from keras_multimodal.data.column.column import Column
from keras_multimodal.data.targets.target_labels import TargetLabels


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class PairedRows:
    """Rows with a cell of each column and their target: what batches are made of.

    Args:
        columns: Columns whose rows are aligned.
        keys: The rows' keys.
        groups: What each row is kept together with where rows are divided.
        targets: The rows' target.
        weights: The rows' weights, `(rows,)` float32, or `None`.
        ids: A number for each row, `(rows,)`, that stays with it wherever it goes: the seed of its
            random changes.
        described: Whether what is learned of training rows has been given, and stays.
    """

    columns: tuple[Column, ...]
    keys: list[Hashable]
    groups: list[Hashable]
    targets: TargetLabels
    weights: np.ndarray | None
    ids: np.ndarray
    described: bool = False

    def take(self, rows: np.ndarray) -> "PairedRows":
        """Return the rows of these numbers."""
        keys = [self.keys[row] for row in rows]
        return dataclasses.replace(
            self,
            columns=tuple(column.take(keys, rows) for column in self.columns),
            keys=keys,
            groups=[self.groups[row] for row in rows],
            targets=self.targets.take(rows),
            weights=None if self.weights is None else self.weights[rows],
            ids=self.ids[rows],
        )

    def with_columns(self, columns: Sequence[Column]) -> "PairedRows":
        """Return the rows with other columns."""
        return dataclasses.replace(self, columns=tuple(columns))

    def with_targets(self, targets: TargetLabels) -> "PairedRows":
        """Return the rows with another target."""
        return dataclasses.replace(self, targets=targets)

    def learn(self) -> "PairedRows":
        """Return the rows with what columns and target learn from them, such as a vocabulary.

        What was given with them is not learned anew.
        """
        if self.described:
            return self
        columns = [column.adapt() for column in self.columns]
        return self.with_columns(columns).with_targets(self.targets.learn())

    def divide(self, parts: Sequence[np.ndarray]) -> list["PairedRows"]:
        """Return parts of the rows; the first one learns, and the others use what it did.

        Args:
            parts: The numbers of each part's rows.
        """
        train = self.take(parts[0]).learn()
        return [train, *(self.take(part)._with_learned(train) for part in parts[1:])]

    def _with_learned(self, train: "PairedRows") -> "PairedRows":
        pairs = zip(self.columns, train.columns, strict=True)
        columns = [column.with_spec(learned.spec) for column, learned in pairs]
        targets = self.targets.with_learned(train.targets)
        return self.with_columns(columns).with_targets(targets)
