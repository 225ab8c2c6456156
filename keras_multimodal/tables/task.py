"""The task of a table, and the target's cells, checked."""

import dataclasses
import math
from collections import Counter
from typing import Any

import pandas as pd

from keras_multimodal import data
from keras_multimodal._options import TableOptions
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema.column_kind import class_name
from keras_multimodal.schema.infer import target_kind
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.schema.text import text_length
from keras_multimodal.tables.table import Table
from keras_multimodal.types import Cell

_NAMED = 5  # rows that a message names


@dataclasses.dataclass(frozen=True)
class Task:
    """A task: its name, the rows that have a target, and the arguments of `data.pair`.

    Args:
        name: `"classification"`, `"regression"`, `"generation"`, `"retrieval"`, or `""` where
            there is nothing to learn.
        reason: What that was read off.
        column: The target's identifier; `None` where there is no target.
        rows: Which rows have a target.
        pairing: Arguments of `data.pair`.

    Example:

    >>> table = Table.from_dataframe(pd.DataFrame({"x": [1, 2], "y": [0.25, 0.5]}))
    >>> find_task(table, TableOptions(target="y")).name
    'regression'
    """

    name: str
    reason: str
    column: str | None
    rows: pd.Series
    pairing: dict[str, Any]


def find_task(table: Table, options: TableOptions) -> Task:
    """Return what is to be learned of a table.

    Args:
        table: The table.
        options: The options.

    Raises:
        ArgumentError: If the target has one class, a class of one row, text among numbers, numbers
            that are not finite, or nothing at all. The message names rows by their number, from 1.
    """
    frame = table.frame
    if options.target is None:
        every = pd.Series(True, index=frame.index)
        if options.task == "retrieval":
            return Task("retrieval", "as you say", None, every, {"match": True})
        return Task("", "", None, every, {})
    column = table.column(options.target, "target")
    cells = frame[column].tolist()
    rows = pd.Series([not is_missing(cell) for cell in cells], index=frame.index)
    if not rows.any():
        raise ArgumentError("target", f"must have cells. Received: {options.target!r}, all empty")
    name, reason = target_kind(cells)
    if options.task is not None:
        name, reason = options.task, "as you say"
    given = frame.loc[rows, column]
    if name == "regression":
        return Task(name, reason, column, rows, {"values": _numbers(given, options.target)})
    if name == "generation":
        texts = given.map(str)
        captions = data.TextProcessor(length=text_length(texts.tolist())).load_data(
            texts.to_dict(), name=column
        )
        return Task(name, reason, column, rows, {"captions": captions, "on_long": "truncate"})
    return Task(name, reason, column, rows, {"labels": _classes(given, options.target)})


def _classes(given: pd.Series, target: str) -> pd.Series:
    labels = given.map(class_name)
    counts = Counter(labels.tolist())
    if len(counts) == 1:
        raise ArgumentError(
            "target",
            f"must have two classes or more. Received: {target!r}, whose "
            f"{len(labels)} cells are all {next(iter(counts))!r}",
        )
    single = [name for name, count in counts.items() if count == 1]
    if single:
        raise ArgumentError(
            "target",
            "must have two rows of each class or more, one to learn and one to check. "
            f"Received: {target!r} with one row of {_listed(single)}. Leave such rows out, "
            "name them alike, or let `task` be regression or generation",
        )
    return labels


def _numbers(given: pd.Series, target: str) -> pd.Series:
    numbers = pd.to_numeric(given, errors="coerce").astype("float64")
    wrong = [row for row, number in numbers.items() if not math.isfinite(number)]
    if wrong:
        cells = ", ".join(f"{_plain(given[row])!r} in row {row}" for row in wrong[:_NAMED])
        raise ArgumentError(
            "target",
            "must have finite numbers for a regression. "
            f"Received: {target!r} with {len(wrong)} cells that are none: {cells}"
            + (" and others" if len(wrong) > _NAMED else "")
            + ". Mend or empty them, or let `task` be classification",
        )
    return numbers


def _plain(cell: Cell) -> Cell:
    """Return NumPy's numbers as Python's, which are shown without their type."""
    return cell.item() if hasattr(cell, "item") else cell


def _listed(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:_NAMED]))
    return shown + (f" and {len(names) - _NAMED} others" if len(names) > _NAMED else "")
