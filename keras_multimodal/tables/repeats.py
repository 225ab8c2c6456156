"""Rows that say the same as another."""

import hashlib
import pathlib
from collections.abc import Sequence

from keras_multimodal.data.column.files import file_problem
from keras_multimodal.schema import ColumnKind
from keras_multimodal.tables.table import Table
from keras_multimodal.types import Cell

IN_FILES = ("image", "audio", "sensor")


def repeated_rows(table: Table, kinds: Sequence[ColumnKind]) -> dict[int, int]:
    """Return the rows that repeat an earlier one in all columns that are used.

    Files are compared by what is in them: a copy under another name is a repeat.

    Args:
        table: The table.
        kinds: What its columns are.

    Returns:
        The number of the first such row, by the number of the row that repeats it.
    """
    cells = [
        [_content(cell, each.kind, table.directory) for cell in table.frame[each.column]]
        for each in kinds
        if each.kind != "ignore"
    ]
    first: dict[tuple[str, ...], int] = {}
    found = {}
    for row, content in zip(table.frame.index, zip(*cells, strict=True), strict=True):
        if content in first:
            found[row] = first[content]
        else:
            first[content] = row
    return found


def _content(cell: Cell, kind: str, directory: pathlib.Path) -> str:
    if kind not in IN_FILES or not isinstance(cell, str):
        return str(cell)
    try:
        if file_problem(directory / cell):
            return cell
        with (directory / cell).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):  # pairing says what is wrong with it, and counts it
        return cell
