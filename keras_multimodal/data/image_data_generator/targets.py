"""The targets that a frame holds beside its pictures."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from keras_multimodal.data.column.cells import frame_column
from keras_multimodal.data.targets.classes import SEVERAL
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema.missing_cells import is_missing

ClassMode = Literal["categorical", "sparse", "binary", "raw", "multi_output", "input"]
_WITH_CLASSES = ("categorical", "sparse", "binary")
_WITHOUT_TARGETS = (None, "input")


@dataclasses.dataclass(frozen=True, kw_only=True)
class FlowTargets:
    """The targets of a flow's rows and the rows' weights, as `ImageFlow` takes them.

    Args:
        targets: The class of each row, or other targets; `None` where there are none.
        classes: Class names in the order of their numbers; sorted for `None`.
        class_mode: What `flow.batch` gives as the target.
        weights: The weight of each row, or `None`.
    """

    targets: list[Any] | None
    classes: Sequence[str] | None
    class_mode: ClassMode | None
    weights: list[float] | None = None

    def part(self, rows: slice) -> Self:
        """Return those of some of the rows."""
        return dataclasses.replace(
            self,
            targets=None if self.targets is None else self.targets[rows],
            weights=None if self.weights is None else self.weights[rows],
        )


def frame_targets(
    dataframe: pd.DataFrame,
    y_col: str | Sequence[str] | None,
    weight_col: str | None,
    classes: Sequence[str] | None,
    class_mode: ClassMode | None,
) -> FlowTargets:
    """Return the targets and weights that a frame's columns hold.

    The arguments are described at `ImageStream.flow_from_dataframe`.
    """
    targets = target_cells(dataframe, y_col, class_mode)
    if classes is None and targets is not None and class_mode in _WITH_CLASSES:
        # Of the whole frame: both subsets must number them alike.
        classes = class_names(targets)
    weights = None if weight_col is None else weight_cells(dataframe, weight_col)
    return FlowTargets(targets=targets, classes=classes, class_mode=class_mode, weights=weights)


def class_names(targets: Iterable[Any]) -> list[Any]:
    """Return the classes that occur, sorted; a target may be several of them."""
    found: set[Any] = set()
    for target in targets:
        if isinstance(target, SEVERAL):
            found.update(target)
        elif not is_missing(target):
            found.add(target)
    return sorted(found)


def target_cells(
    dataframe: pd.DataFrame, y_col: str | Sequence[str] | None, class_mode: str | None
) -> list[Any] | None:
    """Return the rows' targets: a cell each, or a tuple of several columns' cells."""
    if y_col is None:
        if class_mode in _WITHOUT_TARGETS:
            return None
        raise ArgumentError(
            "y_col",
            "must name the column of targets, but for class_mode=None and 'input'. "
            f"Received: y_col=None, class_mode={class_mode!r}",
        )
    if isinstance(y_col, str):
        if y_col == "class" and y_col not in dataframe.columns:
            return None
        if class_mode == "multi_output":
            raise TypeError(
                "`y_col` must be a list of columns with class_mode='multi_output'. "
                f"Received: y_col={y_col!r}"
            )
        cells = frame_column(dataframe, y_col, "y_col").tolist()
        several = next((cell for cell in cells if isinstance(cell, SEVERAL)), None)
        if several is not None and class_mode in ("sparse", "binary"):
            raise ValueError(
                "`y_col` must hold one class for each row with class_mode='sparse' and 'binary'; "
                f"'categorical' takes lists. Received: {several!r}"
            )
        return cells
    if class_mode not in ("raw", "multi_output"):
        raise TypeError(
            "`y_col` must be one column, but for class_mode='raw' and 'multi_output'. "
            f"Received: y_col={list(y_col)}, class_mode={class_mode!r}"
        )
    columns = [frame_column(dataframe, column, "y_col").tolist() for column in y_col]
    return list(zip(*columns, strict=True))


def weight_cells(dataframe: pd.DataFrame, weight_col: str) -> list[float]:
    """Return the rows' weights; an error if the column holds anything but numbers."""
    column = frame_column(dataframe, weight_col, "weight_col")
    if not pd.api.types.is_numeric_dtype(column):
        raise TypeError(
            f"`weight_col` must name a column of numbers. Received: weight_col={weight_col!r}, "
            f"which holds {column.dtype}"
        )
    return column.tolist()


def picture_columns(
    dataframe: pd.DataFrame, column: str | Sequence[str], count: int | None
) -> list[list[Any]]:
    """Return the first picture of each row, the second of each, and so on.

    Where a row has none, `None` stands.

    Args:
        dataframe: One row for each record.
        column: Columns of file names, or one whose cells are lists of them.
        count: How many pictures a row may have, where they are lists.
    """
    if not isinstance(column, str):
        return [frame_column(dataframe, each, "column").tolist() for each in column]
    rows = []
    for row, cell in enumerate(frame_column(dataframe, column, "column").tolist()):
        if isinstance(cell, (list, tuple, np.ndarray)):
            rows.append(list(cell))
        elif is_missing(cell):
            rows.append([])
        else:
            raise TypeError(
                f"`column` must name several columns, or one of lists of file names. "
                f"Received: {cell!r} in row {row} of column {column!r}"
            )
    longest = max(map(len, rows), default=0)
    most = longest if count is None else count
    if not 0 < longest <= most:
        row = int(np.argmax([len(cells) for cells in rows]))
        raise ValueError(
            f"`count` must be the largest number of pictures that a row has, of at least one. "
            f"Received: count={count}, and {longest} pictures in row {row} of column {column!r}"
        )
    return [
        [cells[place] if place < len(cells) else None for cells in rows] for place in range(most)
    ]
