"""Several targets for each row."""

import dataclasses
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Self, cast

import numpy as np

from keras_multimodal._inner_names import inner_name
from keras_multimodal.data.column.column import Column
from keras_multimodal.data.targets.cell_labels import CellLabels
from keras_multimodal.data.targets.feed import Feed
from keras_multimodal.data.targets.target_labels import TargetLabels
from keras_multimodal.schema import ClassTarget, NumberTarget, Targets
from keras_multimodal.schema.schema import Target


@dataclasses.dataclass(frozen=True, eq=False)
class SeveralLabels(TargetLabels):
    """Several targets, of which a row may lack some, but not all.

    Args:
        parts: The targets, two or more.
    """

    parts: tuple[CellLabels, ...]

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of `pair` that they came with."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.arguments))

    @property
    def spec(self) -> Targets:
        """The descriptions of all, with what has been learned."""
        return Targets(self.specs)

    @property
    def specs(self) -> tuple[ClassTarget | NumberTarget, ...]:
        """The descriptions one by one."""
        return tuple(part.spec for part in self.parts)

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The entries of the rows, by target."""
        return {part.name: part.arrays for part in self.parts}

    def given_keys(self) -> set[Hashable]:
        """Return the keys for which the user gave anything."""
        return set().union(*(part.given_keys() for part in self.parts))

    def present(self, groups: Sequence[Hashable]) -> np.ndarray:
        """Return which rows have any of the targets, `(rows,)` bool."""
        return np.any([part.present(groups) for part in self.parts], axis=0)

    def complete(self, groups: Sequence[Hashable]) -> np.ndarray:
        """Return which rows have all targets, `(rows,)` bool."""
        return np.all([part.present(groups) for part in self.parts], axis=0)

    def lacking(self, groups: Sequence[Hashable]) -> dict[str, np.ndarray]:
        """Return for each target which rows lack it and have another."""
        present = {part.name: part.present(groups) for part in self.parts}
        labelled = np.any(list(present.values()), axis=0)
        return {name: labelled & ~rows for name, rows in present.items()}

    def as_described(self, target: Target) -> TargetLabels:
        """Return the targets as other rows had them, each by its name; see the base class."""
        names = [part.name for part in self.parts]
        if not isinstance(target, Targets) or set(names) != set(target.names):
            return super().as_described(target)
        parts = {part.name: part for part in self.parts}
        # What is one of several stays one of them.
        described = [cast(CellLabels, parts[each.name].as_described(each)) for each in target]
        return dataclasses.replace(self, parts=tuple(described))

    def align(
        self, groups: Sequence[Hashable], keys: Sequence[Hashable], columns: Sequence[Column]
    ) -> Self:
        """Return the labels of rows, each of which has one of the targets at least."""
        parts = []
        for part in self.parts:
            rows = np.flatnonzero(part.present(groups)).tolist()
            if not rows:
                raise ValueError(
                    f"`{part.argument}` must have an entry in some row. "
                    f"Received: none of {part.name!r}"
                )
            aligned = part.align(
                [groups[row] for row in rows], [keys[row] for row in rows], columns
            )
            parts.append(aligned.spread(rows, len(groups)))
        return dataclasses.replace(self, parts=tuple(parts))

    def take(self, rows: np.ndarray) -> Self:
        """Return the labels of the rows of these numbers."""
        return dataclasses.replace(self, parts=tuple(part.take(rows) for part in self.parts))

    def learn(self) -> Self:
        """Return the labels with what each target learns from the rows that have it."""
        for part in self.parts:
            if not part.known.any():
                raise ValueError(
                    "The training rows must have labels of each target. "
                    f"Received: none of {part.name!r} in {len(part.array)} rows"
                )
        return dataclasses.replace(self, parts=tuple(part.learn() for part in self.parts))

    def with_learned(self, train: Self) -> Self:
        """Return the labels with what those of the training rows have learned."""
        pairs = zip(self.parts, train.parts, strict=True)
        return dataclasses.replace(self, parts=tuple(part.with_learned(t) for part, t in pairs))

    def feed(self, weights: np.ndarray | None) -> Feed:
        """Return labels and weights by target; a label that is not there is 0, of weight 0."""
        feeds = {inner_name(part.name): part.feed_with_gaps(weights) for part in self.parts}
        return Feed(
            labels={name: labels for name, (labels, _) in feeds.items()},
            weights={name: shares for name, (_, shares) in feeds.items()},
        )

    def strata(self) -> tuple[np.ndarray | None, list[str]]:
        """Return those of the first target of which each row has one class."""
        for part in self.parts:
            classes, names = part.strata()
            if classes is not None:
                return classes, names
        return None, []

    def occurring(self) -> dict[str, frozenset[str]]:
        """Return the names of the classes that rows have, by target."""
        return {name: had for part in self.parts for name, had in part.occurring().items()}

    def cells(self) -> Mapping[str, Any]:
        """Return the entries as a user wrote them, by column."""
        return {column: cells for part in self.parts for column, cells in part.cells().items()}
