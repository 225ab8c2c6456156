"""The task of a table, and the target's cells, checked."""

import dataclasses
import math
from collections import Counter
from typing import Any, Literal

import pandas as pd

from keras_multimodal import data
from keras_multimodal._options import TableOptions
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema.cell_looks import are_codes, object_look
from keras_multimodal.schema.class_names import plain_number
from keras_multimodal.schema.column_kind import class_name
from keras_multimodal.schema.infer import target_kind
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.schema.number_writing import (
    PLAIN,
    NumberWriting,
    UntoldWriting,
    find_writing,
)
from keras_multimodal.schema.text import text_length
from keras_multimodal.schema.unspaced_scripts import are_unspaced
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
        column: The target's column; `None` where there is no target.
        rows: Which rows have a target.
        pairing: Arguments of `data.pair`.
        writing: How the target's numbers are written.

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
    writing: NumberWriting = PLAIN


def find_task(table: Table, options: TableOptions, writing: NumberWriting | None = None) -> Task:
    """Return what is to be learned of a table.

    Args:
        table: The table.
        options: The options.
        writing: How the target's numbers are written, where that is known of another table.
            Default `None`: as its cells show.

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
    given = frame.loc[rows, column]
    look = object_look(given.tolist())
    if look is not None:
        raise ArgumentError(
            "target",
            "must have one class, number or text in each cell. "
            f"Received: {options.target!r} with {look[1]}",
        )
    writing = writing or _writing(given, options)
    numbers = None if writing is None else _numbers_alone(given, writing, table.untyped)
    name, reason = target_kind(cells if numbers is None else numbers)
    if options.task is not None:
        name, reason = options.task, "as you say"
    writing = writing or PLAIN
    if name == "regression":
        values = _numbers(given, options.target, writing)
        return Task(name, reason, column, rows, {"values": values}, writing)
    if name == "generation":
        return Task(name, reason, column, rows, _captions(given.map(str), column))
    labels = given.map(class_name if numbers is None else _number_name)
    _check_classes(labels, options.target)
    return Task(name, reason, column, rows, {"labels": labels})


def _writing(given: pd.Series, options: TableOptions) -> NumberWriting | None:
    """Return how the target's numbers are written; `None` where it has none."""
    if options.task == "generation" or are_codes(given.map(str).tolist()):
        return None
    try:
        return find_writing(given.tolist(), options.decimal)
    except UntoldWriting as error:
        repeated = options.task is None and given.nunique() <= len(given) / 2
        if repeated or options.task == "classification":
            return None  # classes, whatever they are
        raise ArgumentError(
            "target",
            "must have numbers of which it can be told how they are written. "
            f"Received: {options.target!r} with {error}",
        ) from error


def _numbers_alone(given: pd.Series, writing: NumberWriting, untyped: bool) -> list[float] | None:
    """Return a target's cells as numbers; `None` where some are none, or names in digits."""
    texts = [cell for cell in given if isinstance(cell, str)]
    if not texts or (not untyped and all(text.strip().isdecimal() for text in texts)):
        return None
    numbers = [writing.number(cell) for cell in given]
    return None if any(map(math.isnan, numbers)) else numbers


def _number_name(cell: Cell) -> str:
    """Return a class that is a number, without the ".0" that gaps in a column give."""
    return plain_number(str(cell).strip()) or class_name(cell)


def _captions(texts: pd.Series, column: str) -> dict[str, Any]:
    """Return what `pair` takes of texts that are to be written."""
    # Words have to be put together again, which those that a script parts can't be.
    split: Literal["character", "whitespace"] = (
        "character" if are_unspaced(texts.tolist()) else "whitespace"
    )
    length = text_length(texts.tolist(), split)
    captions = data.TextProcessor(length=length, split=split).load_data(
        texts.to_dict(), name=column
    )
    return {"captions": captions, "on_long": "truncate"}


def _check_classes(labels: pd.Series, target: str) -> None:
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


def _numbers(given: pd.Series, target: str, writing: NumberWriting) -> pd.Series:
    numbers = given.map(writing.number).astype("float64")
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
