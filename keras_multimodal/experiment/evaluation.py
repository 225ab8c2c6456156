"""The scores of a trained model on a table."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.errors import ArgumentError
from keras_multimodal.experiment import scoring
from keras_multimodal.experiment.known_rows import known_rows
from keras_multimodal.experiment.trained_model import TrainedModel
from keras_multimodal.schema import ClassTarget
from keras_multimodal.schema.class_names import known_name
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.tables import Table
from keras_multimodal.tables.task import find_task
from keras_multimodal.types import Cell


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """The scores of a model on a table, and which rows they are of.

    `str` is what the command line prints of them.

    Args:
        scores: The scores, the task's first one first.
        rows: How many rows the table has.
        with_target: How many have a target; `None` for retrieval.
        unreadable: How many of those have nothing that can be read, and are left out.
        is_training_table: Whether the model has learned from this very file.

    Example:

    >>> found = Evaluation({"accuracy": 0.875}, 9, 8, unreadable=0, is_training_table=False)
    >>> print(found)
    8 of 9 rows have a target
      accuracy: 0.8750
    """

    scores: Mapping[str, Any]
    rows: int
    with_target: int | None
    unreadable: int
    is_training_table: bool

    def __str__(self) -> str:
        lines = []
        if self.is_training_table:
            lines.append(
                "This is the table that the model has learned from; metrics.json has its scores on "
                "the rows that it has not learned from"
            )
        if self.with_target is not None:
            lines.append(f"{self.with_target} of {self.rows} rows have a target")
        if self.unreadable:
            lines.append(f"{self.unreadable} rows have nothing that can be read, and are left out")
        lines += [f"  {name}: {_shown(value)}" for name, value in self.scores.items()]
        return "\n".join(lines)


def evaluate(
    run: TrainedModel, table: Table, on_finding: Callable[[object], object] | None = None
) -> Evaluation:
    """Return the scores of a model on the rows of a table that have a target.

    Rows of which nothing can be read have no prediction, and are counted and left out.

    Args:
        run: The trained model: `run.trained` of a run, or what `experiment.load` reads.
        table: The table.
        on_finding: Called with `KnownRows`, such as `print`. Default `None`: silence.

    Raises:
        ArgumentError: If the table lacks the target, has no row that can be scored, or classes that
            the model does not know.

    Example:

    >>> from keras_multimodal import experiment, tables
    >>> run = experiment.load("run")  # a folder that `experiment.train` wrote
    >>> evaluate(run, tables.read("pets.csv")).scores["rows"]
    59
    """
    scored, pairing = table, {"match": True}
    if run.target is not None:
        scored, pairing = _with_target(run, table)
    rows = known_rows(run, scored, pairing)
    if on_finding is not None:
        on_finding(rows)
    records = rows.records
    if records is None:
        raise ArgumentError("table", "must have rows that can be read. Received: none")
    answers = scoring.predictions(run.model, run.schema, records, run.task, run.options.batch_size)
    scores = scoring.score(run.task, run.schema, records, answers)
    if isinstance(run.schema.target, ClassTarget):
        # Taking all for the class that most of them are of: what a model has to beat.
        commonest = np.bincount(np.asarray(records.labels)).max()
        scores["no_information_rate"] = float(commonest / len(records))
    scores["not_ok"] = sum(each != "ok" for each in rows.status)
    return Evaluation(
        scores,
        rows=len(table.frame),
        with_target=None if run.target is None else len(scored.frame),
        unreadable=len(scored.frame) - len(records),
        is_training_table=run.table_sha256 is not None and run.table_sha256 == table.sha256,
    )


def _with_target(run: TrainedModel, table: Table) -> tuple[Table, dict[str, Any]]:
    """Return the rows that have a target, and what `pair` takes of it, in the run's terms."""
    table = table.renamed(run.names)
    name = run.names[str(run.target)]
    if name not in table.names.values():
        raise ArgumentError(
            "table",
            f"must have the column of what is true, {name!r}. "
            f"Received: {list(table.names.values())}; `predict` does without",
        )
    column = table.column(name, "table")
    table = table.rows(~table.frame[column].map(is_missing))
    if table.frame.empty:
        raise ArgumentError("table", f"must have rows with a target, {name!r}. Received: none")
    target = run.schema.target
    if not isinstance(target, ClassTarget):
        # The task is the run's, whatever the cells of another table look like.
        options = dataclasses.replace(run.options, task=run.task)
        return table, find_task(table, options, run.target_writing).pairing
    classes = frozenset(target.classes)
    labels = table.frame[column].map(lambda cell: known_name(cell, classes))
    unknown = labels[~labels.isin(target.classes)]
    if len(unknown):
        raise ArgumentError(
            "table",
            f"must have classes that the model knows, {list(target.classes)}. "
            f"Received: {sorted(set(unknown))} in column {name!r}, in {len(unknown)} rows "
            f"({name_keys(unknown.index.tolist())}); leave them out",
        )
    return table, {"labels": labels, "classes": target.classes}


def _shown(value: Cell) -> str:
    """Return a score as it is printed."""
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, list):
        return " to ".join(map(_shown, value))
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {_shown(part)}" for name, part in value.items())
    return str(value)
