"""The targets that `pair` is given: read by key, and made into numbers."""

import dataclasses
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from keras_multimodal.data.column.cells import as_pandas
from keras_multimodal.data.column.column import Column
from keras_multimodal.data.targets.by_key import targets_by_key
from keras_multimodal.data.targets.classes import number
from keras_multimodal.data.targets.labels import Labels
from keras_multimodal.data.targets.numbers import measure, numbers_by_key
from keras_multimodal.schema import ClassTarget, NumberTarget, Targets
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.schema.schema import Target
from keras_multimodal.types import Tensor


@dataclasses.dataclass(frozen=True, kw_only=True)
class GivenTarget:
    """A target as it came: one class, or one tuple of numbers, for each key.

    Args:
        name: What it is called.
        cells: By key, the class or the numbers, or what says that it is missing.
        columns: What the numbers are called; none where it is of classes.
        classes: All classes in their order, or `None` for those that there are.
        ordered: Whether the classes are steps of a scale.
        argument: What it came with, for messages.
    """

    name: str
    cells: Mapping[Hashable, Any]
    columns: tuple[str, ...] = ()
    classes: Sequence[Any] | None = None
    ordered: bool = False
    argument: str = "labels"

    def has(self, groups: Sequence[Hashable]) -> np.ndarray:
        """Return which of the keys have it, `(rows,)` bool."""
        return np.array([not is_missing(self.cells.get(group)) for group in groups], bool)

    def resolve(
        self, groups: Sequence[Hashable], keys: Sequence[Hashable]
    ) -> tuple[ClassTarget | NumberTarget, np.ndarray]:
        """Return the description, and one entry for each row, all of which have it.

        Args:
            groups: What each row is called in `cells`.
            keys: What it is called in messages.
        """
        cells = [self.cells[group] for group in groups]
        if not cells:
            raise ValueError(
                f"`{self.argument}` must have an entry in some row. Received: none of {self.name!r}"
            )
        if self.columns:
            return measure(cells, keys, self.columns)
        return number(cells, keys, self.classes, self.ordered, self.argument)


def read_targets(
    labels: Any, classes: Any, ordered: bool | Sequence[str], values: Tensor, first: Column
) -> list[GivenTarget]:
    """Return what `pair` is given for `labels` and `values`: no target, one or several.

    Args:
        labels: See `pair`, as for the next three.
        classes: See `pair`.
        ordered: See `pair`.
        values: See `pair`.
        first: The first column, whose order a list has.

    Raises:
        ValueError: If `classes` or `ordered` do not go with the labels.
    """
    by_column = {} if labels is None else _columns(labels, "labels", "label", first)
    chosen = _classes(classes, list(by_column))
    steps = _ordered(ordered, chosen, classes)
    numeric = []
    if values is not None and not by_column:
        cells, columns = numbers_by_key(values, first)
        numeric = [GivenTarget(name="value", cells=cells, columns=columns, argument="values")]
    elif values is not None:
        numeric = [
            GivenTarget(
                name=name,
                cells={key: None if is_missing(own) else (own,) for key, own in cells.items()},
                columns=(name,),
                argument="values",
            )
            for name, cells in _columns(values, "values", "value", first).items()
        ]
    single = len(by_column) == 1 and not numeric
    return [
        GivenTarget(
            name="label" if single else name,
            cells=cells,
            classes=chosen[name],
            ordered=name in steps,
            argument="labels" if single else f"labels[{name!r}]",
        )
        for name, cells in by_column.items()
    ] + numeric


def resolve_targets(
    given: Sequence[GivenTarget], groups: Sequence[Hashable], keys: Sequence[Hashable]
) -> tuple[Target, Labels]:
    """Return the target and the labels of rows, each of which has one of several at least.

    Args:
        given: The targets, one or more.
        groups: What each row is called in their cells.
        keys: What each row is called in messages.
    """
    if len(given) == 1:
        return given[0].resolve(groups, keys)
    targets, labels = [], {}
    for one in given:
        rows = np.flatnonzero(one.has(groups)).tolist()
        target, own = one.resolve([groups[row] for row in rows], [keys[row] for row in rows])
        targets.append(dataclasses.replace(target, name=one.name))
        missing = -1 if own.dtype.kind == "i" else np.nan
        labels[one.name] = np.full((len(groups), *own.shape[1:]), missing, own.dtype)
        labels[one.name][rows] = own
    return Targets(tuple(targets)), labels


def _columns(given: Any, argument: str, name: str, first: Column) -> dict[str, dict[Hashable, Any]]:
    """Cells by key, by the column's name or, where it has none, the one given here."""
    given = as_pandas(given)
    if not isinstance(given, pd.DataFrame):
        own = getattr(given, "name", None)
        return {name if own is None else str(own): targets_by_key(given, first, argument)}
    names = [str(column) for column in given.columns]
    if not names or len(set(names)) < len(names):
        raise ValueError(
            f"`{argument}` must have columns, whose names differ. Received: a frame with {names}"
        )
    return {
        column: targets_by_key(given.iloc[:, place], first, argument)
        for place, column in enumerate(names)
    }


def _classes(classes: Any, names: Sequence[str]) -> dict[str, Sequence[Any] | None]:
    """Return the classes of each column of labels, or `None`."""
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


def _ordered(
    ordered: bool | Sequence[str], classes: Mapping[str, Any], given: Any
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
    if (ordered is True and given is None) or any(classes.get(name) is None for name in names):
        raise ValueError(
            "`ordered` must come with `classes`, which say the order. "
            f"Received: ordered={ordered} with classes={given}"
        )
    return names
