"""Rows without a target."""

from collections.abc import Hashable, Sequence
from typing import Self

import numpy as np

from keras_multimodal.data.column.column import Column
from keras_multimodal.data.targets.feed import Feed
from keras_multimodal.data.targets.target_labels import TargetLabels
from keras_multimodal.schema.schema import Target


class NoLabels(TargetLabels):
    """Rows of which nothing is to be learned."""

    @property
    def spec(self) -> None:
        """No description."""
        return None

    def as_described(self, target: Target) -> Self:
        """Return these: rows for a trained model need no target."""
        return self

    def align(
        self, groups: Sequence[Hashable], keys: Sequence[Hashable], columns: Sequence[Column]
    ) -> Self:
        """Return these: no row has anything."""
        return self

    def take(self, rows: np.ndarray) -> Self:
        """Return these: no row has anything."""
        return self

    def feed(self, weights: np.ndarray | None) -> Feed:
        """Return no labels."""
        return Feed(labels=None, weights=weights)
