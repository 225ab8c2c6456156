"""Cells of numbers and categories that cannot be read, say nothing to a model, or are far off."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from keras_multimodal.data.column.status import FAR
from keras_multimodal.schema import ColumnKind, Schema, Tabular
from keras_multimodal.schema.class_names import known_name
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.tables.table import Table
from keras_multimodal.types import Cell

_NAMED = 5  # cells of a row


def tabular_cells(
    table: Table, kinds: Sequence[ColumnKind], schema: Schema | None = None
) -> pd.DataFrame:
    """Return the columns of numbers and categories; what should be a finite number is NaN if not.

    Args:
        table: The table.
        kinds: What its columns are.
        schema: What has been learned of them, by whose names categories are then called. Default
            `None`.
    """
    known = {} if schema is None else _categories(schema)
    cells = {}
    for each in kinds:
        column = table.frame[each.column]
        if each.kind == "number":
            cells[each.column] = column.map(each.writing.number).astype("float64")
        elif each.kind == "category":
            cells[each.column] = _as_known(column, known.get(each.column, frozenset()))
    return pd.DataFrame(cells, index=table.frame.index)


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
            row: cell for row, cell in table.frame[each.column].items() if _is_wrong(cell, each)
        }
        for each in kinds
        if each.kind == "number"
    }
    return {name: cells for name, cells in found.items() if cells}


def lacking_cells(
    table: Table, kinds: Sequence[ColumnKind], schema: Schema
) -> tuple[dict[int, list[str]], dict[str, list[str]]]:
    """Return what is wrong with the rows' cells, in words, and categories new to training.

    Args:
        table: The table, with every column of `kinds`.
        kinds: What its columns are.
        schema: What has been learned of them.

    Returns:
        By row, the words for each cell that lacks something or is far from all that training had;
        and by the column's name, each cell that is an unseen category.
    """
    lacks: dict[int, list[str]] = {}
    unseen: dict[str, list[str]] = {}
    known, scales = _categories(schema), _scales(schema)
    for each in kinds:
        if each.kind not in ("number", "category"):
            continue
        name = table.names[each.column]
        for row, cell in table.frame[each.column].items():
            if is_missing(cell):
                what = f"{name} missing"
            elif each.kind == "number" and _is_wrong(cell, each):
                what = f"{name} is no finite number: {cell!r}"
            elif each.kind == "number" and _is_far(each.writing.number(cell), *scales[each.column]):
                what = f"{name} is far from training's numbers: {cell!r}"
            elif each.kind == "category" and (
                (called := known_name(cell, known[each.column])) not in known[each.column]
            ):
                unseen.setdefault(name, []).append(called)
                what = f"{name} not seen in training: {called!r}"
            else:
                continue
            lacks.setdefault(row, []).append(what)
    return {row: _shortened(parts) for row, parts in lacks.items()}, unseen


def _is_wrong(cell: Cell, kind: ColumnKind) -> bool:
    return not is_missing(cell) and math.isnan(kind.writing.number(cell))


def _as_known(column: pd.Series, names: frozenset[str]) -> pd.Series:
    """Return the cells under the names that are known of them, and missing ones as they are."""
    if not names:
        return column
    return column.map(lambda cell: cell if is_missing(cell) else known_name(cell, names))


def _categories(schema: Schema) -> Mapping[str, frozenset[str]]:
    return {
        column: frozenset(known)
        for spec in schema.inputs
        if isinstance(spec, Tabular)
        for column, known in zip(spec.categorical, spec.categories, strict=True)
    }


def _scales(schema: Schema) -> Mapping[str, tuple[float, float]]:
    """Return mean and standard deviation of each column of numbers."""
    return {
        column: (mean, std)
        for spec in schema.inputs
        if isinstance(spec, Tabular)
        for column, mean, std in zip(spec.numeric, spec.mean, spec.std, strict=True)
    }


def _is_far(number: float, mean: float, std: float) -> bool:
    """Return whether an exported model calls the number huge."""
    return abs(number - mean) / std >= FAR


def _shortened(parts: list[str]) -> list[str]:
    more = len(parts) - _NAMED
    return parts if more <= 0 else [*parts[:_NAMED], f"and {more} other cells"]
