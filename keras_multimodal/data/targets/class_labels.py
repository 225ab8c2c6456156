"""Targets that are one class for each row."""

import dataclasses
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from keras_multimodal.data.column.cells import as_pandas
from keras_multimodal.data.column.column import Column
from keras_multimodal.data.targets.by_key import columns_by_key
from keras_multimodal.data.targets.cell_labels import CellLabels
from keras_multimodal.data.targets.classes import check_count, find_classes, hold_several
from keras_multimodal.data.targets.indicators import (
    have_one_class,
    indicator_frame,
    indicator_rows,
)
from keras_multimodal.data.targets.multi_hot_labels import MultiHotLabels
from keras_multimodal.data.targets.target_labels import TargetLabels
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import ClassTarget
from keras_multimodal.schema.column_kind import class_name
from keras_multimodal.schema.schema import Target


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class ClassLabels(CellLabels):
    """One class for each row, `(rows,)` int32; -1 in rows that lack it.

    Args:
        classes: All classes in the order of their numbers; `None`, until there are rows, for those
            that occur.
        ordered: Whether the classes are steps of a scale.
    """

    missing: ClassVar[float] = -1

    classes: Sequence[Any] | None = None
    ordered: bool = False

    @classmethod
    def read(
        cls,
        labels: Any,
        classes: Sequence[Any] | Mapping[str, Sequence[Any]] | None,
        ordered: bool | Sequence[str],
        first: Column,
        *,
        alone: bool,
    ) -> list["ClassLabels"]:
        """Return what `pair` is given for `labels`: a target for each column.

        Args:
            labels: See `pair`, as for the next two.
            classes: See `pair`.
            ordered: See `pair`.
            first: The first column, whose order a list has.
            alone: Whether there are no targets but these.

        Raises:
            ValueError: If `classes` or `ordered` do not go with the labels.
        """
        labels = as_pandas(labels)
        if isinstance(labels, pd.DataFrame):
            hot = indicator_frame(labels, classes)
            if hot is not None:
                labels, classes = hot
        cells = {} if labels is None else columns_by_key(labels, first, "labels", "label")
        chosen = _classes_by_column(classes, list(cells))
        scales = _ordered_columns(ordered, chosen, classes)
        single = alone and len(cells) == 1
        return [
            cls(
                name="label" if single else name,
                given=given,
                argument="labels" if single else f"labels[{name!r}]",
                classes=chosen[name],
                ordered=name in scales,
            )
            for name, given in cells.items()
        ]

    @property
    def spec(self) -> ClassTarget:
        """The classes, by name."""
        names = tuple(map(class_name, self.classes or ()))
        return ClassTarget(name=self.name, classes=names, ordered=self.ordered)

    @property
    def class_numbers(self) -> np.ndarray:
        """The class of each row, `(rows,)` int32."""
        return self.array

    @property
    def known(self) -> np.ndarray:
        """A mask of the rows that have a class, `(rows,)` bool."""
        return self.array >= 0

    def as_described(self, target: Target) -> TargetLabels:
        """Return the labels with the classes that other rows had; see the base class."""
        if not isinstance(target, ClassTarget):
            return super().as_described(target)
        if self.classes is not None and self.spec.classes != target.classes:
            raise ArgumentError(
                "schema",
                f"must have the classes that are given, {list(self.spec.classes)}. Received: "
                f"{list(target.classes)}. Leave `classes` out, and give the name of each row's.",
            )
        cls = MultiHotLabels if target.multi_label else ClassLabels
        return cls(
            name=target.name,
            given=self.given,
            argument=self.argument,
            classes=target.classes,
            ordered=target.ordered,
        )

    def align(
        self, groups: Sequence[Hashable], keys: Sequence[Hashable], columns: Sequence[Column]
    ) -> CellLabels:
        """Return the rows' classes, numbered; labels of another kind where rows have several."""
        cells = [self.given[group] for group in groups]
        if hold_several(cells, keys, self.argument):
            hot = indicator_rows(cells, keys, self.classes, self.argument)
            if hot is not None and have_one_class(hot, keys, self.argument):
                return self._numbered(hot.argmax(axis=1), hot.shape[1])
            several = MultiHotLabels(
                name=self.name,
                given=self.given,
                argument=self.argument,
                classes=self.classes,
                ordered=self.ordered,
            )
            return several.align(groups, keys, columns)
        classes, numbers = find_classes(
            [(cell,) for cell in cells], keys, self.classes, self.argument
        )
        array = np.array([numbers[cell] for cell in cells], "int32")
        return dataclasses.replace(self, given={}, classes=classes, array=array)

    def _numbered(self, numbers: np.ndarray, count: int) -> Self:
        """Return the labels of rows whose classes are numbers already.

        Args:
            numbers: The number of each row's class.
            count: How many classes there are.
        """
        if self.classes is None:
            check_count([str(number) for number in np.unique(numbers)], len(numbers), self.argument)
        names = tuple(map(class_name, range(count) if self.classes is None else self.classes))
        return dataclasses.replace(self, given={}, classes=names, array=numbers.astype("int32"))

    def strata(self) -> tuple[np.ndarray, list[str]]:
        """Return the rows' classes, and those that there are; see the base class."""
        names = self.spec.classes
        return np.where(self.known, self.array, len(names)), list(names)

    def occurring(self) -> dict[str, frozenset[str]]:
        """Return the names of the classes that rows have."""
        names = self.spec.classes
        return {self.name: frozenset(names[n] for n in np.unique(self.array[self.known]))}

    def cells(self) -> Mapping[str, np.ndarray]:
        """Return the name of each row's class."""
        names = np.array([*self.spec.classes, None], object)
        return {self.name: names[self.array]}  # -1 is the last


def _classes_by_column(classes: Any, names: Sequence[str]) -> dict[str, Sequence[Any] | None]:
    """Return the classes of each column of labels, or `None`."""
    if isinstance(classes, (str, bytes)):
        raise TypeError(
            "`classes` must be a list of all classes, in the order of their numbers. "
            f"Received: classes={classes!r}, one string"
        )
    by_column = isinstance(classes, Mapping)
    if classes is not None and not by_column and len(names) != 1:
        raise ValueError(
            "`classes` must go with labels, and be a dict by column where those have several. "
            f"Received: classes={classes} with labels in {list(names)}"
        )
    if by_column and set(classes) - set(names):
        raise ValueError(
            f"`classes` must be of columns of the labels, {list(names)}. "
            f"Received: classes of {sorted(set(classes) - set(names))} too"
        )
    return {name: classes.get(name) if by_column else classes for name in names}


def _ordered_columns(
    ordered: bool | Sequence[str], classes: Mapping[str, Any], received: Any
) -> tuple[str, ...]:
    """Return the columns of labels whose classes are steps of a scale."""
    if ordered is True and len(classes) > 1:
        raise ValueError(
            "`ordered` must name the columns whose classes are steps of a scale where labels have "
            f"several, {list(classes)}. Received: ordered=True"
        )
    if isinstance(ordered, bool):
        names = tuple(classes) if ordered else ()
    else:
        names = (ordered,) if isinstance(ordered, str) else tuple(ordered)
    if (ordered is True and received is None) or any(classes.get(name) is None for name in names):
        raise ValueError(
            "`ordered` must come with `classes`, which say the order. "
            f"Received: ordered={ordered} with classes={received}"
        )
    return names
