"""From a table to records: the whole way, and what was found on it."""

import dataclasses
from collections.abc import Callable, Sequence

from keras_multimodal._options import TableOptions
from keras_multimodal.data import Records
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import ColumnKind
from keras_multimodal.schema.number_writing import open_number
from keras_multimodal.tables.column_findings import ColumnFindings
from keras_multimodal.tables.columns import column_kinds, modalities
from keras_multimodal.tables.pairing import pair_rows
from keras_multimodal.tables.parts import Parts, split
from keras_multimodal.tables.repeats import Repeats, find_repeats
from keras_multimodal.tables.row_findings import RowFindings
from keras_multimodal.tables.table import Table
from keras_multimodal.tables.task import Task, find_task


@dataclasses.dataclass(frozen=True, repr=False)
class PreparedTable:
    """A table's records, and what was found on the way to them.

    Args:
        columns: What each column is, and what is learned.
        repeats: The rows that repeat another, and the keys that come again.
        rows: What rows lack.
        records: All rows that have a target and something to learn of.
        parts: Training, validation and test rows.

    Example:

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"x": [1.5, 2.5] * 20, "sort": ["a", "b"] * 20})
    >>> prepared = prepare(Table.from_dataframe(frame), TableOptions(target="sort"))
    >>> prepared.records.schema.names
    ('table',)
    """

    columns: ColumnFindings
    repeats: Repeats
    rows: RowFindings
    records: Records
    parts: Parts

    def __repr__(self) -> str:
        return f"<PreparedTable of {self.records!r}>"


def prepare(
    table: Table,
    options: TableOptions,
    on_finding: Callable[[object], object] | None = None,
) -> PreparedTable:
    """Make records of a table: decide what its columns are, read its files, divide its rows.

    Args:
        table: The table.
        options: What is known of its columns, and how they are read.
        on_finding: Called with `ColumnFindings`, `Repeats`, `RowFindings` and `Parts` as they are
            found, such as `print`. Default `None`: silence.

    Raises:
        ArgumentError: If an option or a column is wrong, if no file of a modality can be read, or
            if a part would have no row.
        ValueError: If a cell cannot be what its column is said to be.

    Example:

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"note": ["it purrs", "it barks"] * 20, "sort": ["cat", "dog"] * 20})
    >>> options = TableOptions(target="sort", text=("note",))
    >>> prepared = prepare(Table.from_dataframe(frame), options)
    >>> prepared.columns.task.name, len(prepared.parts.records["training"])
    ('classification', 28)
    """
    table = table.with_options(options)
    tell = on_finding or (lambda finding: None)
    columns = examine(table, options)
    tell(columns)
    parts_of_a_row = modalities(columns.kinds)
    if columns.task.name == "retrieval" and len(parts_of_a_row) < 2:
        raise ArgumentError(
            "task",
            "must not be retrieval where a row has one part alone: two are to find each other. "
            f"Received: {parts_of_a_row}",
        )
    repeats = find_repeats(table, columns.kinds, options)
    tell(repeats)
    records, rows = pair_rows(table, columns.kinds, options, columns.task)
    tell(rows)
    if rows.unreadable:
        raise ArgumentError(
            "table", f"must have files that can be read. Received: {rows.unreadable[0]}"
        )
    parts = split(records, table, options)
    tell(parts)
    return PreparedTable(columns, repeats, rows, records, parts)


def examine(table: Table, options: TableOptions, strict: bool = True) -> ColumnFindings:
    """Return what a table's columns are and what is learned, before its files are read.

    Args:
        table: The table.
        options: What is known of its columns.
        strict: Whether a column whose kind cannot be told is an error. Default True; else it is
            ignored, and says so.

    Raises:
        ArgumentError: If an option, a column or a cell of the target is wrong.

    Example:

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"x": [1.5, 2.5], "sort": ["a", "b"]})
    >>> for each in examine(Table.from_dataframe(frame), TableOptions()).kinds:
    ...     print(each)
    x: number (2 numbers from 1.5 to 2.5)
    sort: ignore (2 different strings, names: a key)
    """
    kinds = column_kinds(table, options, strict)
    task = find_task(table, options)
    _check_points(table, kinds, task)
    return ColumnFindings(table, tuple(kinds), task)


def _check_points(table: Table, kinds: Sequence[ColumnKind], task: Task) -> None:
    """Refuse numbers of a target whose points may part thousands, as beside decimal commas."""
    commas = [table.names[each.column] for each in kinds if each.decimal == ","]
    if task.name != "regression" or task.writing.decimal or not commas:
        return
    cell = open_number(table.frame.loc[task.rows, task.column].tolist())
    if cell is not None:
        raise ArgumentError(
            "target",
            "must have numbers of which it can be told how they are written. Received: "
            f"{cell!r}, which may be {cell.replace('.', '')} where {commas[0]!r} has decimal "
            "commas: say which sign is before the decimals, with `decimal`",
        )
