"""The rows of a table, read as those that a model has learned from were."""

import dataclasses
import difflib
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from keras_multimodal import data
from keras_multimodal.data import PairingReport, Records, SensorColumn
from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.data.pairing.no_row_error import NoRowError
from keras_multimodal.errors import ArgumentError
from keras_multimodal.experiment.trained_model import TrainedModel
from keras_multimodal.schema import ColumnKind
from keras_multimodal.tables import Table
from keras_multimodal.tables.cells import lacking_cells, wrong_numbers
from keras_multimodal.tables.columns import make_columns, tabular_modality
from keras_multimodal.tables.pairing import in_its_words, unreadable_wholly, why_none
from keras_multimodal.tables.row_findings import wrong_number_lines
from keras_multimodal.types import Cell


@dataclasses.dataclass(frozen=True, repr=False)
class KnownRows:
    """A table's rows as a model takes them, and what they lack.

    `str` is what the command line prints of them.

    Args:
        records: The rows of which something can be read; `None` where there is none.
        status: By row of the table, what it lacks, what could not be read and which numbers are
            far from training's, else `"ok"`.
        absent_columns: By each column that the table lacks, one of it that is called alike, or
            `None`.
        unknown_columns: The columns that the model does not know.
        unseen: By column, the cells that are categories that training has not seen.
        wrong_numbers: By column, each cell by its row that should be a finite number and is not.
        report: What pairing found, in the table's words; `None` where no row can be read.
        hints: Sentences on what may be wrong where no file can be read.

    Example:

    >>> from keras_multimodal import experiment, tables
    >>> run = experiment.load("run")  # a folder that `experiment.train` wrote
    >>> rows = known_rows(run, tables.read("pets.csv"))
    >>> rows.status[0], rows.status[5]
    ('ok', 'Photo File missing')
    """

    records: Records | None
    status: Sequence[str]
    absent_columns: Mapping[str, str | None]
    unknown_columns: Sequence[str]
    unseen: Mapping[str, Sequence[str]]
    wrong_numbers: Mapping[str, Mapping[int, Cell]]
    report: PairingReport | None
    hints: Sequence[str]

    def __repr__(self) -> str:
        return f"<KnownRows of {len(self.status)} rows: {self.records!r}>"

    def __str__(self) -> str:
        lines = []
        for name, alike in self.absent_columns.items():
            hint = "" if alike is None else f" (is it {alike!r}?)"
            lines.append(
                f"The table has no column {name!r}{hint}: it is taken as missing from every row"
            )
        if self.unknown_columns:
            lines.append(
                f"{len(self.unknown_columns)} columns are not the model's and are not read: "
                f"{name_keys(self.unknown_columns)}"
            )
        for name, cells in self.unseen.items():
            lines.append(
                f"{len(cells)} cells of {name!r} are categories that were not seen in training, "
                f"such as {cells[0]!r}: they are read as unknown"
            )
        lines += wrong_number_lines(self.wrong_numbers)
        if self.report is not None:
            lines.append(str(self.report))
        return "\n".join([*lines, *self.hints])


def known_rows(
    run: TrainedModel, table: Table, pairing: Mapping[str, Any] | None = None
) -> KnownRows:
    """Return the rows of a table as a run's model takes them.

    Args:
        run: The trained model.
        table: The table.
        pairing: Further arguments of `data.pair`, such as labels. Default `None`.

    Raises:
        ArgumentError: If the table has none of the columns that the model knows.
    """
    table = table.renamed(run.names)
    unknown = [name for column, name in table.names.items() if column not in run.names]
    absent = _absent_columns(run, table)
    alike = {run.names[each.column]: _alike(run.names[each.column], unknown) for each in absent}
    table = _completed(run, table, absent)
    lacks, unseen = lacking_cells(table, run.kinds, run.schema)
    wrong = wrong_numbers(table, run.kinds)
    columns = make_columns(table, run.kinds, run.options, run.schema)
    try:
        records = data.pair(*columns, on_missing="mask", on_error="mask", **(pairing or {}))
    except NoRowError as error:
        hint = f"No row has anything that can be read: {why_none(error, table)}"
        status = ["nothing that can be read"] * len(table.frame)
        return KnownRows(None, status, alike, unknown, unseen, wrong, None, [hint])
    report = in_its_words(records.report, table)
    return KnownRows(
        records,
        _status(table, report, lacks, tabular_modality(run.kinds), records),
        alike,
        unknown,
        unseen,
        wrong,
        report,
        unreadable_wholly(records, table),
    )


def _status(
    table: Table,
    report: PairingReport,
    lacks: Mapping[int, Sequence[str]],
    tabular: str,
    records: Records,
) -> list[str]:
    """Return what each row lacks, could not be read or is far off, else `"ok"`."""
    status: dict[Hashable, list[str]] = {row: [] for row in table.frame.index}
    for name, rows in report.missing.items():
        for row in rows:
            status[row].append(f"{name} missing")
    for name, files in report.unreadable.items():
        for row, reason in files.items():
            status[row].append(f"{name} could not be read: {reason}")
    for column in records.columns:
        if isinstance(column, SensorColumn):
            for key, far in zip(column.keys, column.far_rows(), strict=True):
                if far:
                    name = table.names.get(column.spec.name, column.spec.name)
                    status[key].append(f"{name} holds a number far from training's")
    for number, parts in lacks.items():
        if number not in report.missing.get(tabular, ()):  # which says as much
            status[number] += parts
    return ["; ".join(parts) or "ok" for parts in status.values()]


def _absent_columns(run: TrainedModel, table: Table) -> list[ColumnKind]:
    """Return the columns that the model knows and the table lacks."""
    used = [each for each in run.kinds if each.kind != "ignore"]
    absent = [each for each in used if each.column not in table.frame.columns]
    if len(absent) == len(used):
        raise ArgumentError(
            "table",
            "must have columns that the model knows: "
            f"{[run.names[each.column] for each in used]}. "
            f"Received: {list(table.names.values())}",
        )
    return absent


def _alike(name: str, others: Sequence[str]) -> str | None:
    """Return another name that is perhaps meant."""
    same = [other for other in others if other.lower() == name.lower()]
    close = same or difflib.get_close_matches(name, others, n=1)
    return close[0] if close else None


def _completed(run: TrainedModel, table: Table, absent: Sequence[ColumnKind]) -> Table:
    """Return the table with an empty column for each that it lacks."""
    empty = {
        each.column: [float("nan") if each.kind == "number" else None] * len(table.frame)
        for each in absent
    }
    frame = pd.concat([table.frame, pd.DataFrame(empty, index=table.frame.index)], axis=1)
    return dataclasses.replace(table, frame=frame, names={**run.names, **table.names})
