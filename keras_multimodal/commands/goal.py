"""What a run is to learn: the task and the target's cells, checked."""

import dataclasses
import math
from collections import Counter
from typing import Any

import pandas as pd

from keras_multimodal import data
from keras_multimodal.commands.options import Options
from keras_multimodal.commands.table import Table
from keras_multimodal.schema.column_kind import class_name
from keras_multimodal.schema.infer import target_kind
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.schema.text import text_length
from keras_multimodal.types import Cell, Tensors

_NAMED = 5  # rows that a message names


@dataclasses.dataclass(frozen=True)
class Goal:
    """The task, and what `pair` is to be told of it.

    Args:
        task: One of `options.TASKS`.
        reason: Why.
        column: The target's identifier; `None` for retrieval.
        rows: Which rows have a target.
        pairing: Arguments of `data.pair`.
    """

    task: str
    reason: str
    column: str | None
    rows: pd.Series
    pairing: dict[str, Any]


def nothing(table: Table) -> Goal:
    """No target: all rows are there to be looked at.

    Args:
        table: The table.
    """
    return Goal("retrieval", "", None, pd.Series(True, index=table.frame.index), {})


def find(table: Table, options: Options) -> Goal:
    """Return the goal of a run.

    Args:
        table: The table.
        options: The options.

    Raises:
        ValueError: If the target has one class, a class of one row, text among numbers, numbers
            that are not finite, or nothing at all. The message names rows by their number, from 1.
    """
    frame = table.frame
    if options.target is None:
        return dataclasses.replace(nothing(table), reason="as you say", pairing={"match": True})
    column = table.column(options.target, "--target")
    cells = frame[column].tolist()
    rows = pd.Series([not is_missing(cell) for cell in cells], index=frame.index)
    if not rows.any():
        raise ValueError(f"`--target` must have cells. Received: {options.target!r}, all empty")
    task, reason = target_kind(cells)
    if options.task is not None:
        task, reason = options.task, "as you say"
    given = frame.loc[rows, column]
    if task == "regression":
        return Goal(task, reason, column, rows, {"values": _numbers(given, options.target)})
    if task == "generation":
        texts = given.map(str)
        captions = data.TextProcessor(length=text_length(texts.tolist())).load_data(
            texts.to_dict(), name=column
        )
        return Goal(task, reason, column, rows, {"captions": captions, "on_long": "truncate"})
    labels = given.map(class_name)
    counts = Counter(labels.tolist())
    if len(counts) == 1:
        raise ValueError(
            f"`--target` must have two classes or more. Received: {options.target!r}, whose "
            f"{len(labels)} cells are all {next(iter(counts))!r}"
        )
    single = [name for name, count in counts.items() if count == 1]
    if single:
        raise ValueError(
            "`--target` must have two rows of each class or more, one to learn and one to check. "
            f"Received: {options.target!r} with one row of {_listed(single)}. Leave such rows out, "
            "name them alike, or say --task regression or generation"
        )
    return Goal(task, reason, column, rows, {"labels": labels})


def _numbers(given: pd.Series, name: str) -> pd.Series:
    numbers = pd.to_numeric(given, errors="coerce").astype("float64")
    wrong = [row for row, number in numbers.items() if not math.isfinite(number)]
    if wrong:
        cells = ", ".join(f"{_plain(given[row])!r} in row {row}" for row in wrong[:_NAMED])
        raise ValueError(
            "`--target` must have finite numbers for a regression. "
            f"Received: {name!r} with {len(wrong)} cells that are none: {cells}"
            + (" and others" if len(wrong) > _NAMED else "")
            + ". Mend or empty them, or say --task classification"
        )
    return numbers


def _plain(cell: Cell) -> Tensors:
    """NumPy's numbers as Python's, which are shown without their type."""
    return cell.item() if hasattr(cell, "item") else cell


def _listed(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:_NAMED]))
    return shown + (f" and {len(names) - _NAMED} others" if len(names) > _NAMED else "")
