"""Rows that say the same as another, and keys that come again."""

import dataclasses
import hashlib
import math
from collections.abc import Hashable, Mapping, Sequence

from keras_multimodal._options import TableOptions
from keras_multimodal.data.column.files import file_problem
from keras_multimodal.schema import ColumnKind
from keras_multimodal.tables.columns import IN_FILES
from keras_multimodal.tables.table import Table
from keras_multimodal.types import Cell


@dataclasses.dataclass(frozen=True)
class Repeats:
    """The rows that repeat another, and the keys that come again.

    `str` is what the command line prints of them.

    Args:
        rows: The first such row, by each row that repeats an earlier one.
        keys: The keys that were there before, by row.

    Example:

    >>> print(Repeats({15: 3}, {}))
    1 rows repeat another, such as row 15 row 3: scores are too good where one is learned from and
    the other one tested. Remove them, or keep them together with `group`
    """

    rows: Mapping[int, int]
    keys: Mapping[int, Hashable]

    def __str__(self) -> str:
        lines = []
        if self.rows:
            row, first = next(iter(self.rows.items()))
            lines.append(
                f"{len(self.rows)} rows repeat another, such as row {row} row {first}: scores are "
                "too good where one is learned from and the other one tested. Remove them, or keep "
                "them together with `group`"
            )
        if self.keys:
            row, key = next(iter(self.keys.items()))
            lines.append(
                f"{len(self.keys)} rows have a key that was there before, such as {key!r} in row "
                f"{row}"
            )
        return "\n".join(lines)


def find_repeats(table: Table, kinds: Sequence[ColumnKind], options: TableOptions) -> Repeats:
    """Return the rows that repeat an earlier one in all columns that are used, and repeated keys.

    Files are read, and compared by what is in them: a copy under another name is a repeat.

    Args:
        table: The table.
        kinds: What its columns are.
        options: Which column has the keys.

    Raises:
        ArgumentError: If there is no such column.
    """
    cells = [
        [_content(cell, each, table) for cell in table.frame[each.column]]
        for each in kinds
        if each.kind != "ignore"
    ]
    first: dict[tuple[str, ...], int] = {}
    rows = {}
    for row, content in zip(table.frame.index, zip(*cells, strict=True), strict=True):
        if content in first:
            rows[row] = first[content]
        else:
            first[content] = row
    if options.key is None:
        return Repeats(rows, {})
    keys = table.frame[table.column(options.key, "key")]
    return Repeats(rows, keys[keys.duplicated()].to_dict())


def _content(cell: Cell, kind: ColumnKind, table: Table) -> str:
    if kind.kind == "number":
        number = kind.writing.number(cell)
        return str(cell) if math.isnan(number) else str(number)
    if kind.kind not in IN_FILES or not isinstance(cell, str):
        return str(cell)
    try:
        if table.is_outside(cell) or file_problem(table.directory / cell):
            return cell
        with (table.directory / cell).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):  # pairing says what is wrong with it, and counts it
        return cell
