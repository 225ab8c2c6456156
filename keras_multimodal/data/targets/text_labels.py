"""Targets that are texts to write."""

import dataclasses
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Self

import numpy as np

from keras_multimodal.data.column.column import Column
from keras_multimodal.data.column.key_repeats import check_duplicates, repeated_keys
from keras_multimodal.data.targets.feed import Feed
from keras_multimodal.data.targets.target_labels import TargetLabels
from keras_multimodal.data.targets.texts import as_target, encode, too_long
from keras_multimodal.data.text.column import TextColumn
from keras_multimodal.schema import Text, TextTarget
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.schema.schema import Target


@dataclasses.dataclass(frozen=True, eq=False)
class TextLabels(TargetLabels):
    """The text that is to be written for each row.

    Args:
        texts: The texts, by key; those of the rows, once there are rows.
    """

    texts: TextColumn

    @classmethod
    def read(cls, captions: Any) -> Self:
        """Return what `pair` is given for `captions`.

        Raises:
            TypeError: If it is no column of texts.
            ValueError: If a key has several texts, or texts could not be put together again.
        """
        if not isinstance(captions, TextColumn):
            raise TypeError(
                f"`captions` must be a column of TextProcessor. Received: {type(captions).__name__}"
            )
        check_duplicates({captions.spec.name: repeated_keys(captions)}, [captions])
        as_target(captions.spec)  # refuses texts that could not be put together again
        return cls(captions)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The argument of `pair` that they came with."""
        return ("captions",)

    @property
    def spec(self) -> TextTarget:
        """The texts' description, with their vocabulary once it is learned."""
        return as_target(self.texts.spec)

    @property
    def captions(self) -> TextColumn:
        """The texts that are to be written."""
        return self.texts

    def as_described(self, target: Target) -> TargetLabels:
        """Return the texts with the vocabulary of other rows'; see the base class."""
        if not isinstance(target, TextTarget) or target.name != self.spec.name:
            return super().as_described(target)
        fields = {field.name: getattr(target, field.name) for field in dataclasses.fields(Text)}
        return dataclasses.replace(self, texts=self.texts.as_described(Text(**fields)))

    def given_keys(self) -> set[Hashable]:
        """Return the keys for which the user gave a text, be it an empty one."""
        return set(self.texts.keys)

    def present(self, groups: Sequence[Hashable]) -> np.ndarray:
        """Return which rows have a text, `(rows,)` bool."""
        return np.array([not is_missing(text) for text in self._texts_of(groups)], bool)

    def too_long(self, groups: Sequence[Hashable]) -> np.ndarray:
        """Return which rows have a text with more tokens than are kept, `(rows,)` bool."""
        return too_long(self.texts.spec, self._texts_of(groups))

    def align(
        self, groups: Sequence[Hashable], keys: Sequence[Hashable], columns: Sequence[Column]
    ) -> Self:
        """Return the rows' texts."""
        places = {key: row for row, key in enumerate(self.texts.keys)}
        rows = np.array([places[group] for group in groups], int)
        return dataclasses.replace(self, texts=self.texts.take(keys, rows))

    def take(self, rows: np.ndarray) -> Self:
        """Return the texts of the rows of these numbers."""
        keys = [self.texts.keys[row] for row in rows]
        return dataclasses.replace(self, texts=self.texts.take(keys, rows))

    def learn(self) -> Self:
        """Return the texts with the vocabulary of these rows, unless it was given."""
        return dataclasses.replace(self, texts=self.texts.adapt())

    def with_learned(self, train: Self) -> Self:
        """Return the texts with the vocabulary of others."""
        return dataclasses.replace(self, texts=self.texts.with_spec(train.texts.spec))

    def feed(self, weights: np.ndarray | None) -> Feed:
        """Return the ids that are to be written, and as an input those that are read for them."""
        spec = self.spec
        ids = encode(spec, self.texts.cells.tolist())
        labels = ids[:, 1:]
        # Nothing is read of which nothing is to be written: the end of a short text.
        inputs = {spec.inner_name: np.where(labels > 0, ids[:, :-1], 0)}
        return Feed(labels=labels, weights=weights, inputs=inputs)

    def cells(self) -> Mapping[str, np.ndarray]:
        """Return the texts."""
        return {self.texts.spec.name: self.texts.cells}

    def _texts_of(self, groups: Sequence[Hashable]) -> list[str]:
        texts = dict(zip(self.texts.keys, self.texts.cells.tolist(), strict=True))
        return [texts.get(group, "") for group in groups]
