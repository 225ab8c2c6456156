"""The target of records whose parts are to find each other."""

import dataclasses
from collections.abc import Hashable, Mapping, Sequence
from typing import Self

import numpy as np

from keras_multimodal.data.column.column import Column
from keras_multimodal.data.targets.feed import Feed
from keras_multimodal.data.targets.target_labels import TargetLabels
from keras_multimodal.schema import PairTarget
from keras_multimodal.schema.schema import Target


@dataclasses.dataclass(frozen=True, eq=False)
class PairLabels(TargetLabels):
    """The number of each row's part of each tower, `(rows, towers)` int32.

    Two rows have the same number where they have the same content, such as one picture with two
    captions, and -1 where they have none. Files are the same if their paths are.

    Args:
        target: The towers.
        array: The numbers.
    """

    target: PairTarget
    array: np.ndarray

    @classmethod
    def read(
        cls, match: bool | Mapping[str, Sequence[str]], columns: Sequence[Column], name: str
    ) -> Self:
        """Return what `pair` is given for `match`: a tower for each modality, or those given.

        Args:
            match: See `pair`.
            columns: The columns that are paired.
            name: What the target is called.

        Raises:
            TypeError: If it is neither True nor a dict.
            ValueError: If there are fewer than two towers, or one has a modality that there is not.
        """
        names = [column.spec.name for column in columns]
        towers = {name: (name,) for name in names} if match is True else match
        if not isinstance(towers, Mapping):
            raise TypeError(
                "`match` must be True, or a dict of the towers' modalities. "
                f"Received: match={match!r}"
            )
        listed = {
            tower: (parts,) if isinstance(parts, str) else tuple(parts)
            for tower, parts in towers.items()
        }
        unknown = {name for parts in listed.values() for name in parts} - set(names)
        if unknown:
            raise ValueError(
                f"`match` must be of the modalities {names}. Received: {sorted(unknown)} too"
            )
        target = PairTarget(name=name, towers=tuple(listed.items()))
        return cls(target, np.zeros((0, len(listed)), "int32"))

    @property
    def spec(self) -> PairTarget:
        """The towers."""
        return self.target

    @property
    def arrays(self) -> np.ndarray:
        """The numbers of the rows."""
        return self.array

    def as_described(self, target: Target) -> TargetLabels:
        """Return these, if the towers are those of other rows; see the base class."""
        if target != self.target:
            return super().as_described(target)
        return self

    def align(
        self, groups: Sequence[Hashable], keys: Sequence[Hashable], columns: Sequence[Column]
    ) -> Self:
        """Return the rows' numbers."""
        fingerprints = {column.spec.name: column.fingerprints() for column in columns}
        numbered = []
        for _, names in self.target.towers:
            parts = list(zip(*(fingerprints[name] for name in names), strict=True))
            numbers = {part: number for number, part in enumerate(dict.fromkeys(parts))}
            numbered.append([numbers[part] if any(part) else -1 for part in parts])
        return dataclasses.replace(self, array=np.array(numbered, "int32").T)

    def take(self, rows: np.ndarray) -> Self:
        """Return the numbers of the rows of these numbers."""
        return dataclasses.replace(self, array=self.array[rows])

    def feed(self, weights: np.ndarray | None) -> Feed:
        """Return the numbers as they are."""
        return Feed(labels=self.array, weights=weights)
