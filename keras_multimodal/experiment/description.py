"""A description of a table, before anything is trained on it."""

import dataclasses
import math
import os
import pathlib
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from keras_multimodal import analysis, tables
from keras_multimodal._options import TableOptions, TrainingOptions
from keras_multimodal.data import Records
from keras_multimodal.errors import ArgumentError
from keras_multimodal.experiment.report import add_unreadable
from keras_multimodal.experiment.training import build
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.tables import ColumnFindings, RowFindings, Table
from keras_multimodal.tables.columns import IN_FILES
from keras_multimodal.tables.pairing import pair_rows
from keras_multimodal.tables.parts import split
from keras_multimodal.tables.repeats import Repeats, find_repeats
from keras_multimodal.tables.task import Task

_SHOWN = 20
_TIMED = 5  # steps


@dataclasses.dataclass(frozen=True, repr=False)
class Description:
    """A description of a table: kinds, gaps, repeats, classes.

    `str` is what the command line prints of it, behind what was found before.

    Args:
        title: What the table is called.
        columns: What each column is, and what is learned.
        repeats: The rows that repeat another.
        rows: What rows lack.
        cells: For each column its name, its kind and why, and how many of its cells are missing,
            and how many are different.
        timing: How long training will take: seconds of a step, steps of an epoch, and epochs;
            `None` where it was not asked for.

    Example:

    >>> from keras_multimodal import tables
    >>> found = describe(tables.read("pets.csv"), TableOptions(ignore=("sort",)))
    >>> int(found.cells.set_index("column").loc["note", "missing"])
    2
    """

    title: str
    columns: ColumnFindings
    repeats: Repeats
    rows: RowFindings
    cells: pd.DataFrame
    timing: Mapping[str, float] | None

    def __repr__(self) -> str:
        return f"<Description of {self.title}: {self.rows.rows} rows>"

    def __str__(self) -> str:
        task = self.columns.task
        lines = [f"{self.rows.rows} rows, {len(self.repeats.rows)} repeat another"]
        if task.column is not None:
            cells = self._target_cells(task)
            lines.append(
                f"target: {task.name} ({task.reason}), missing in {int((~task.rows).sum())} rows"
            )
            for name, count in list(self.classes.items())[:_SHOWN]:
                lines.append(f"  {name}: {count} ({100 * count / len(cells):.1f}%)")
        if self.timing is not None:
            lines.append(self._timing_sentence(self.timing))
        if self._in_files:
            unreadable = sum(map(len, self.rows.report.unreadable.values()))
            lines.append(f"{unreadable} files that cannot be read")
        return "\n".join(lines)

    @property
    def classes(self) -> dict[str, int]:
        """The rows of each class, the commonest first; empty where classes are not the target."""
        task = self.columns.task
        if task.name != "classification":
            return {}
        return dict(Counter(task.pairing["labels"]).most_common())

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write a page of it.

        Args:
            path: The HTML file; an earlier one is replaced.
        """
        repeats = self.repeats.rows
        report = analysis.HtmlReport(
            f"What {self.title} holds",
            f"{self.rows.rows} rows, {len(repeats)} of which repeat another in all columns that "
            "are used.",
        )
        cells = list(self.cells.itertuples(index=False, name=None))
        report.add_table("Columns", list(self.cells.columns), cells)
        if repeats:
            note = f"The first {_SHOWN} of {len(repeats)}." if len(repeats) > _SHOWN else ""
            shown = [(f"row {row}", f"row {first}") for row, first in repeats.items()][:_SHOWN]
            report.add_table("Rows that repeat another", ["row", "repeats"], shown, note)
        if self.columns.task.column is not None:
            self._add_target(report, self.columns.task)
        if self.timing is not None:
            report.add_text("How long training will take", self._timing_sentence(self.timing))
        if self._in_files:
            add_unreadable(report, self.rows.report)
        report.write(path)

    @property
    def _in_files(self) -> bool:
        return any(each.kind in IN_FILES for each in self.columns.kinds)

    def _target_cells(self, task: Task) -> pd.Series:
        return self.columns.table.frame.loc[task.rows, task.column]

    def _add_target(self, report: analysis.HtmlReport, task: Task) -> None:
        cells = self._target_cells(task)
        note = f"{task.name}: {task.reason}. {int((~task.rows).sum())} rows have none."
        if task.name == "classification":
            shares = [
                (name, count, f"{100 * count / len(cells):.1f}%")
                for name, count in self.classes.items()
            ]
            report.add_table("Target", ["class", "rows", "share"], shares, note)
        elif task.name == "regression":
            numbers = cells.map(task.writing.number).describe()
            report.add_table("Target", ["", "value"], list(numbers.items()), note)
        else:
            report.add_text("Target", note)

    @staticmethod
    def _timing_sentence(timing: Mapping[str, float]) -> str:
        seconds = timing["seconds_of_a_step"] * timing["steps"]
        return (
            f"{seconds:.1f} seconds an epoch of {timing['steps']:.0f} steps, as {_TIMED} steps "
            f"took here: {seconds * timing['epochs'] / 60:.1f} minutes for {timing['epochs']:.0f} "
            "epochs of the model of all modalities, if it does not stop sooner. Each modality "
            "alone comes on top."
        )


def describe(
    table: Table,
    options: TableOptions,
    *,
    timed: bool = False,
    on_finding: Callable[[object], object] | None = None,
) -> Description:
    """Describe a table: what each column is, and how much is missing, unreadable or repeated.

    Every file is read.

    Args:
        table: The table; `tables.read` reads it.
        options: What is known of its columns.
        timed: Whether a model is built and some steps of its training are timed, which takes as
            long as a short training. Default False.
        on_finding: Called with the table of columns, as text, with `tables.Repeats` and with
            `tables.RowFindings`, as they are found, such as `print`. Default `None`: silence.

    Raises:
        ArgumentError: If an option or a column is wrong, or there is nothing to time.
        ValueError: If a cell is wrong.

    Example:

    >>> found = describe(tables.read("pets.csv"), TableOptions(ignore=("sort",)))
    >>> len(found.rows.report.unreadable["Photo File"])
    1
    """
    if timed and options.target is None:
        raise ArgumentError(
            "timed", "must come with a target to train for. Received: timed=True, target=None"
        )
    table = table.with_options(options)
    tell = on_finding or (lambda finding: None)
    columns = tables.examine(table, options, strict=False)
    cells = _cells(columns)
    tell("\n".join(_aligned(cells)))
    repeats = find_repeats(table, columns.kinds, options)
    tell(repeats)
    task = columns.task
    if task.column is None:  # nothing is learned, and nothing has to find anything
        task = dataclasses.replace(task, pairing={})
    records, rows = pair_rows(table, columns.kinds, options, task)
    tell(rows)
    timing = None
    if timed:
        timing = _time(split(records, table, options).records["training"], task, options)
    title = "the table" if options.source is None else pathlib.Path(options.source).name
    return Description(title, columns, repeats, rows, cells, timing)


def _cells(columns: ColumnFindings) -> pd.DataFrame:
    """Return for each column what it is, and how many cells are missing or different."""
    table = columns.table
    rows: list[tuple[Any, ...]] = []
    for each in columns.kinds:
        cells = table.frame[each.column]
        missing = cells.map(is_missing)
        different = cells[~missing].map(str).nunique()
        rows.append(
            (table.names[each.column], each.kind, each.reason, int(missing.sum()), different)
        )
    return pd.DataFrame(rows, columns=["column", "kind", "why", "missing", "different"])


def _time(train: Records, task: Task, options: TableOptions) -> dict[str, float]:
    """Build the model and time some steps, after those that compile it."""
    values = dataclasses.asdict(options)
    training = options if isinstance(options, TrainingOptions) else TrainingOptions(**values)
    model = build(train, task.name, training)
    batches = train.batch(training.batch_size, training=True, seed=training.seed).repeat()
    model.fit(batches, steps_per_epoch=2, verbose=0, shuffle=False)
    start = time.monotonic()
    model.fit(batches, steps_per_epoch=_TIMED, verbose=0, shuffle=False)
    return {
        "seconds_of_a_step": (time.monotonic() - start) / _TIMED,
        "steps": math.ceil(len(train) / training.batch_size),
        "epochs": training.epochs,
    }


def _aligned(frame: pd.DataFrame) -> list[str]:
    """Return a table's lines, its columns below each other."""
    rows = [list(frame.columns), *([str(cell) for cell in row] for row in frame.to_numpy())]
    widths = [max(len(row[place]) for row in rows) for place in range(len(frame.columns))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
