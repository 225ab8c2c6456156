"""Cells of numbers and categories that cannot be read, or say nothing to a model."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from keras_multimodal.commands.table import Table
from keras_multimodal.schema import ColumnKind, Schema, Tabular
from keras_multimodal.schema.column_kind import as_number, class_name
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.types import Cell

_NAMED = 5  # cells of a row


def columns_of(read: Table, kinds: Sequence[ColumnKind]) -> pd.DataFrame:
    """The columns of numbers and categories; what should be a finite number and is not is NaN.

    Args:
        read: The table.
        kinds: What its columns are.
    """
    return pd.DataFrame(
        {
            each.column: read.frame[each.column].map(as_number)
            if each.kind == "number"
            else read.frame[each.column]
            for each in kinds
            if each.kind in ("number", "category")
        },
        index=read.frame.index,
    )


def say_wrong_numbers(read: Table, kinds: Sequence[ColumnKind]) -> None:
    """Say which cells should be finite numbers and are not.

    Args:
        read: The table.
        kinds: What its columns are.
    """
    for each in kinds:
        if each.kind != "number":
            continue
        wrong = [(row, cell) for row, cell in read.frame[each.column].items() if _is_wrong(cell)]
        if wrong:
            row, cell = wrong[0]
            print(
                f"  {len(wrong)} cells of {read.names[each.column]!r} are no finite numbers, such "
                f"as {cell!r} in row {row}: they are read as missing"
            )


def lacking_cells(
    read: Table, kinds: Sequence[ColumnKind], schema: Schema
) -> tuple[dict[int, list[str]], dict[str, list[str]]]:
    """Return what the rows' cells lack, in words, and the categories that training has not seen.

    Args:
        read: The table, with every column of `kinds`.
        kinds: What its columns are.
        schema: What has been learned of them.

    Returns:
        By row, what is to be said of it, if anything; and by the column's own name, each cell that
        is an unseen category.
    """
    said: dict[int, list[str]] = {}
    unseen: dict[str, list[str]] = {}
    known = _categories(schema)
    for each in kinds:
        if each.kind not in ("number", "category"):
            continue
        name = read.names[each.column]
        for row, cell in read.frame[each.column].items():
            if is_missing(cell):
                what = f"{name} missing"
            elif each.kind == "number" and _is_wrong(cell):
                what = f"{name} is no finite number: {cell!r}"
            elif each.kind == "category" and class_name(cell) not in known[each.column]:
                unseen.setdefault(name, []).append(class_name(cell))
                what = f"{name} not seen in training: {class_name(cell)!r}"
            else:
                continue
            said.setdefault(row, []).append(what)
    return {row: _shortened(parts) for row, parts in said.items()}, unseen


def _is_wrong(cell: Cell) -> bool:
    return not is_missing(cell) and math.isnan(as_number(cell))


def _categories(schema: Schema) -> Mapping[str, frozenset[str]]:
    return {
        column: frozenset(known)
        for spec in schema.inputs
        if isinstance(spec, Tabular)
        for column, known in zip(spec.categorical, spec.categories, strict=True)
    }


def _shortened(parts: list[str]) -> list[str]:
    more = len(parts) - _NAMED
    return parts if more <= 0 else [*parts[:_NAMED], f"and {more} other cells"]
