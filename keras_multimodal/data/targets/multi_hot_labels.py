"""Targets that are any number of classes for each row."""

import dataclasses
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from keras_multimodal.data.column.column import Column
from keras_multimodal.data.targets.cell_labels import CellLabels
from keras_multimodal.data.targets.classes import find_classes, hold_several
from keras_multimodal.data.targets.indicators import indicator_rows
from keras_multimodal.schema import ClassTarget
from keras_multimodal.schema.column_kind import class_name


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class MultiHotLabels(CellLabels):
    """Classes that each row has, `(rows, classes)` float32; NaN in rows that lack a list of them.

    Args:
        classes: All classes in the order of their numbers; `None`, until there are rows, for those
            that occur.
        ordered: Whether the classes are to be steps of a scale, which the description refuses.
    """

    missing: ClassVar[float] = np.nan

    classes: Sequence[Any] | None = None
    ordered: bool = False

    @property
    def spec(self) -> ClassTarget:
        """The classes, by name."""
        names = tuple(map(class_name, self.classes or ()))
        return ClassTarget(name=self.name, classes=names, ordered=self.ordered, multi_label=True)

    @property
    def known(self) -> np.ndarray:
        """A mask of the rows that have a list of classes, be it an empty one, `(rows,)` bool."""
        return np.isfinite(self.array).all(axis=1)

    def align(
        self, groups: Sequence[Hashable], keys: Sequence[Hashable], columns: Sequence[Column]
    ) -> Self:
        """Return which classes each row has."""
        given = [self.given[group] for group in groups]
        if not hold_several(given, keys, self.argument):
            raise TypeError(
                f"`{self.argument}` must be a list of classes for each row, as the trained model "
                f"had. Received: {given[0]!r} in row {keys[0]!r}"
            )
        cells = list(map(tuple, given))
        array = indicator_rows(cells, keys, self.classes, self.argument)
        if array is not None:
            known = range(array.shape[1]) if self.classes is None else self.classes
            classes = tuple(map(class_name, known))
        else:
            classes, numbers = find_classes(cells, keys, self.classes, self.argument)
            array = np.zeros((len(cells), len(classes)), "float32")
            for row, cell in enumerate(cells):
                array[row, [numbers[label] for label in cell]] = 1
        return dataclasses.replace(self, given={}, classes=classes, array=array)

    def occurring(self) -> dict[str, frozenset[str]]:
        """Return the names of the classes that rows have."""
        had = (self.array > 0).any(axis=0)
        return {self.name: frozenset(np.array(self.spec.classes, object)[had])}

    def cells(self) -> Mapping[str, list[tuple[str, ...] | None]]:
        """Return the names of each row's classes."""
        names = np.asarray(self.spec.classes, object)
        return {
            self.name: [
                tuple(names[row > 0]) if known else None
                for row, known in zip(self.array, self.known, strict=True)
            ]
        }
