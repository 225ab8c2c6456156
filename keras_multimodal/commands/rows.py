"""The rows of a run: paired, looked at and divided."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import pandas as pd

from keras_multimodal import data
from keras_multimodal.commands import goal, streams
from keras_multimodal.commands.cells import say_wrong_numbers
from keras_multimodal.commands.options import Options
from keras_multimodal.commands.table import Table
from keras_multimodal.data import PairingReport, Records
from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.data.pairing.no_row_error import NoRowError
from keras_multimodal.schema import ColumnKind

_PARTS = ("training", "validation", "test")
# What tables call them.
_CALLED = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    "test": "test",
}
_GROUPS = 5  # that are named
_VALIDATION, _TEST = 0.15, 0.15  # shares of the rows


def pair(read: Table, kinds: list[ColumnKind], options: Options, aim: goal.Goal) -> Records:
    """The rows that have a target and something to learn of, and what was left out, printed."""
    having = read.frame[aim.rows]
    without = read.frame.index[~aim.rows].tolist()
    if without:
        print(
            f"{len(without)} of {len(read.frame)} rows have no target and are left out "
            f"({name_keys(without)})"
        )
    own = streams.make(Table(having, read.directory, read.names), kinds, options)
    try:
        records = data.pair(*own, on_missing="mask", on_error="mask", **aim.pairing)
    except NoRowError as error:
        raise ValueError(
            "The table must have a row of which something can be read. Received: none; "
            + where(read)
        ) from error
    report = in_its_words(records.report, read)
    print(report)
    for name, files in report.unreadable.items():
        if not files:
            continue
        first, reason = next(iter(files.items()))
        print(f"  {name} cannot be read in {len(files)} rows, such as row {first}: {reason}")
    if report.dropped:
        print("  rows that are left out have nothing that can be read")
    say_wrong_numbers(read, kinds)
    return records


def in_its_words(report: PairingReport, read: Table) -> PairingReport:
    """Return what pairing found, with columns and files named as they are in the table.

    Args:
        report: What pairing found.
        read: The table.
    """

    def by_column(found: dict[str, Any]) -> dict[str, Any]:
        return {read.names.get(name, name): own for name, own in found.items()}

    home = f"{read.directory}{os.sep}"
    unreadable = {
        name: {row: reason.replace(home, "") for row, reason in files.items()}
        for name, files in report.unreadable.items()
    }
    return dataclasses.replace(
        report,
        missing=by_column(dict(report.missing)),
        unreadable=by_column(unreadable),
        duplicates=by_column(dict(report.duplicates)),
    )


def check_readable(records: Records, read: Table) -> None:
    """Refuse a modality of which no file can be read.

    Args:
        records: The rows.
        read: The table.

    Raises:
        ValueError: If there is one. The message says why the first cannot.
    """
    for sentence in unreadable_wholly(records, read):
        raise ValueError(sentence)


def unreadable_wholly(records: Records, read: Table) -> list[str]:
    """Return a sentence for each modality of which no file can be read, and why the first cannot.

    Args:
        records: The rows.
        read: The table.
    """
    told = []
    for stream in records.columns:
        name = read.names.get(stream.spec.name, stream.spec.name)
        files = in_its_words(records.report, read).unreadable[name]
        if files and not stream.present.any():
            first, reason = next(iter(files.items()))
            told.append(
                f"{name} cannot be read in {len(files)} rows, such as row {first}: {reason}. No "
                f"row has one that can be: {where(read)}"
            )
    return told


def where(read: Table) -> str:
    """Return a hint at why files are not found.

    Args:
        read: The table.
    """
    return f"are the names relative to {str(read.directory)!r}? `--directory` says another folder"


def split(records: Records, read: Table, options: Options) -> dict[str, Records]:
    """Training, validation and test rows.

    Args:
        records: The rows.
        read: The table, for the columns of parts and groups.
        options: Which column says the parts, and which the groups.

    Raises:
        ValueError: If a part, or a class of the training part, would have no row.
    """
    groups = None
    if options.group is not None:
        groups = read.frame.loc[records.keys, read.column(options.group, "--group")]
    try:
        if options.split is None:
            parts = records.split(
                validation=_VALIDATION, test=_TEST, seed=options.seed, groups=groups
            )
            return dict(zip(_PARTS, parts, strict=True))
        cells = read.frame.loc[records.keys, read.column(options.split, "--split")]
        column = _parts(cells, options)
        if set(column) == {"train", "test"}:
            learning, _ = records.split_by(column, ("train", "test"))
            groups = None if groups is None else groups.loc[learning.keys]
            drawn = learning.split(validation=_VALIDATION, seed=options.seed, groups=groups)[1]
            column = column.where(~column.index.isin(drawn.keys), "validation")
        return dict(zip(_PARTS, records.split_by(column), strict=True))
    except ValueError as error:
        told = str(error).replace("`split` must leave", "The table must have")
        raise ValueError(told.replace(", or pass stratify=False", "")) from error


def _parts(cells: pd.Series, options: Options) -> pd.Series:
    """Return the rows' parts by one name each."""
    parts = cells.map(lambda cell: _CALLED.get(str(cell).strip().lower()))
    unknown = cells[parts.isna()]
    if len(unknown):
        raise ValueError(
            f"`--split` must name a column of train, validation (or val, valid, dev) and test. "
            f"Received: {options.split!r} with {unknown.iloc[0]!r} in row {unknown.index[0]}, and "
            f"{len(unknown)} such rows in all"
        )
    lacking = {"train", "test"} - set(parts)
    if lacking:
        raise ValueError(
            f"`--split` must name a column with rows of train and of test. Received: "
            f"{options.split!r} with none of {' and '.join(sorted(lacking))}"
        )
    return parts


def say_parts(parts: Mapping[str, Records], read: Table, options: Options) -> None:
    """Say how many rows each part has, and of which groups.

    Args:
        parts: The parts.
        read: The table.
        options: Which column says the groups.
    """
    print(", ".join(f"{len(rows)} {name}" for name, rows in parts.items()) + " rows")
    if options.group is None:
        return
    column = read.frame[read.column(options.group, "--group")]
    for name, rows in parts.items():
        own = list(dict.fromkeys(column.loc[rows.keys]))
        print(f"  {name}: {options.group} {name_keys(own, _GROUPS)}")
