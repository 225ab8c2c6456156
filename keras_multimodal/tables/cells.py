"""Cells of numbers and categories that cannot be read, or say nothing to a model."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from keras_multimodal.schema import ColumnKind, Schema, Tabular
from keras_multimodal.schema.column_kind import as_number, class_name
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.tables.table import Table
from keras_multimodal.types import Cell

_NAMED = 5  # cells of a row


def tabular_cells(table: Table, kinds: Sequence[ColumnKind]) -> pd.DataFrame:
    """Return the columns of numbers and categories; what should be a finite number is NaN if not.

    Args:
        table: The table.
        kinds: What its columns are.
    """
    return pd.DataFrame(
        {
            each.column: table.frame[each.column].map(as_number)
            if each.kind == "number"
            else table.frame[each.column]
            for each in kinds
            if each.kind in ("number", "category")
        },
        index=table.frame.index,
    )


def wrong_numbers(table: Table, kinds: Sequence[ColumnKind]) -> dict[str, dict[int, Cell]]:
    """Return the cells that should be finite numbers and are not.

    Args:
        table: The table.
        kinds: What its columns are.

    Returns:
        By the column's name as the user has it, each such cell by its row.
    """
    found = {
        table.names[each.column]: {
            row: cell for row, cell in table.frame[each.column].items() if _is_wrong(cell)
        }
        for each in kinds
        if each.kind == "number"
    }
    return {name: cells for name, cells in found.items() if cells}


def lacking_cells(
    table: Table, kinds: Sequence[ColumnKind], schema: Schema
) -> tuple[dict[int, list[str]], dict[str, list[str]]]:
    """Return what the rows' cells lack, in words, and the categories that training has not seen.

    Args:
        table: The table, with every column of `kinds`.
        kinds: What its columns are.
        schema: What has been learned of them.

    Returns:
        By row, the words for each cell that lacks something; and by the column's name, each cell
        that is an unseen category.
    """
    lacks: dict[int, list[str]] = {}
    unseen: dict[str, list[str]] = {}
    known = _categories(schema)
    for each in kinds:
        if each.kind not in ("number", "category"):
            continue
        name = table.names[each.column]
        for row, cell in table.frame[each.column].items():
            if is_missing(cell):
                what = f"{name} missing"
            elif each.kind == "number" and _is_wrong(cell):
                what = f"{name} is no finite number: {cell!r}"
            elif each.kind == "category" and class_name(cell) not in known[each.column]:
                unseen.setdefault(name, []).append(class_name(cell))
                what = f"{name} not seen in training: {class_name(cell)!r}"
            else:
                continue
            lacks.setdefault(row, []).append(what)
    return {row: _shortened(parts) for row, parts in lacks.items()}, unseen


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
