"""The rows of a table, paired, and what was found as their files were read."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import TypeVar

from keras_multimodal import data
from keras_multimodal._options import TableOptions
from keras_multimodal.data import PairingReport, Records
from keras_multimodal.data.pairing.no_row_error import NoRowError
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import ColumnKind
from keras_multimodal.tables.cells import wrong_numbers
from keras_multimodal.tables.columns import make_columns
from keras_multimodal.tables.row_findings import RowFindings
from keras_multimodal.tables.table import Table
from keras_multimodal.tables.task import Task

_T = TypeVar("_T")


def pair_rows(
    table: Table, kinds: Sequence[ColumnKind], options: TableOptions, task: Task
) -> tuple[Records, RowFindings]:
    """Return the rows that have a target and something to learn of, and what was found.

    Args:
        table: The table.
        kinds: What its columns are.
        options: How they are read.
        task: What is learned.

    Raises:
        ArgumentError: If there is no such row.
    """
    columns = make_columns(table.rows(task.rows), kinds, options)
    try:
        records = data.pair(*columns, on_missing="mask", on_error="mask", **task.pairing)
    except NoRowError as error:
        raise ArgumentError(
            "table",
            "must have a row of which something can be read. Received: none; "
            + why_none(error, table),
        ) from error
    findings = RowFindings(
        rows=len(table.frame),
        without_target=tuple(table.frame.index[~task.rows].tolist()),
        report=in_its_words(records.report, table),
        wrong_numbers=wrong_numbers(table.rows(task.rows), kinds),
        unreadable=unreadable_wholly(records, table),
    )
    return records, findings


def in_its_words(report: PairingReport, table: Table) -> PairingReport:
    """Return what pairing found, with columns and files named as they are in the table.

    Args:
        report: What pairing found.
        table: The table.
    """

    def by_column(found: Mapping[str, _T]) -> dict[str, _T]:
        return {table.names.get(name, name): value for name, value in found.items()}

    unreadable = {
        name: {row: _within(table, reason) for row, reason in files.items()}
        for name, files in report.unreadable.items()
    }
    return dataclasses.replace(
        report,
        missing=by_column(report.missing),
        unreadable=by_column(unreadable),
        duplicates=by_column(report.duplicates),
    )


def _within(table: Table, sentence: str) -> str:
    """Return a sentence in which files have no name of a folder that is the table's."""
    for home in (table.directory, table.unpacked_to or table.directory):
        sentence = sentence.replace(f"{home}{os.sep}", "")
    return sentence


def unreadable_wholly(records: Records, table: Table) -> tuple[str, ...]:
    """Return a sentence for each modality of which no file can be read, and why the first cannot.

    Args:
        records: The rows.
        table: The table.
    """
    sentences = []
    unreadable = in_its_words(records.report, table).unreadable
    for column in records.columns:
        name = table.names.get(column.spec.name, column.spec.name)
        files = unreadable[name]
        if files and not column.present.any():
            row, reason = next(iter(files.items()))
            sentences.append(
                f"{name} cannot be read in {len(files)} rows, such as row {row}: {reason}. No "
                f"row has one that can be; {where(table)}"
            )
    return tuple(sentences)


def why_none(error: NoRowError, table: Table) -> str:
    """Return a hint at why no row can be read: the first file, or where files are looked for.

    Args:
        error: The error of pairing.
        table: The table.
    """
    if not error.unreadable:
        return where(table)
    first = error.unreadable[0]
    cell = _within(table, first.cell)
    name = table.names.get(first.modality, first.modality)
    return f"{name} of row {first.key} is {cell!r}, which {first.reason}; {where(table)}"


def where(table: Table) -> str:
    """Return a hint at why files are not found.

    Args:
        table: The table.
    """
    hint = f"are the names relative to {str(table.directory)!r}? `directory` says another folder"
    if table.confined_to is None:
        return hint
    return f"{hint}, and `confine` holds to files in {str(table.confined_to)!r}"
