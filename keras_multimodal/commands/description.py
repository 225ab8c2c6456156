"""What a table holds, before anything is trained on it."""

import math
import os
import pathlib
import tempfile
import time
from collections import Counter
from typing import Any

import pandas as pd

from keras_multimodal import analysis
from keras_multimodal.commands import goal, streams, table
from keras_multimodal.commands.options import Options
from keras_multimodal.commands.repeats import IN_FILES, repeats
from keras_multimodal.commands.report import add_unreadable
from keras_multimodal.commands.rows import in_its_words, pair, split
from keras_multimodal.commands.training import build
from keras_multimodal.schema.column_kind import class_name
from keras_multimodal.schema.missing_cells import is_missing

_SHOWN = 20
_TIMED = 5  # steps


def describe(options: Options, output: str | os.PathLike[str]) -> dict[str, Any]:
    """Say what each column is and how much is missing, unreadable or repeated; write a page.

    Every file is read. With a target, a model is built and a few steps of training are timed.

    Args:
        options: The table, and what is known of its columns.
        output: The HTML file to write; an earlier one is replaced.

    Returns:
        What was found, by name.

    Raises:
        FileNotFoundError: If the table is missing.
        ValueError: If a column or a cell is wrong.
    """
    with tempfile.TemporaryDirectory() as files:
        read = table.read(
            options.source,
            options.directory,
            options.tfds_split,
            options.key,
            pathlib.Path(files) / "files",
        )
        kinds = streams.decide(read, options, strict=False)
        frame = read.frame
        rows = [
            (
                read.names[each.column],
                each.kind,
                each.reason,
                int(frame[each.column].map(is_missing).sum()),
                frame.loc[~frame[each.column].map(is_missing), each.column].map(str).nunique(),
            )
            for each in kinds
        ]
        in_files = any(each.kind in IN_FILES for each in kinds)
        if in_files:
            print(f"Reading the files of {len(frame)} rows", flush=True)
        repeated = repeats(read, kinds)
        found: dict[str, Any] = {"rows": len(frame), "repeated_rows": len(repeated)}
        report = analysis.HtmlReport(
            f"What {pathlib.Path(options.source).name} holds",
            f"{len(frame)} rows, {len(repeated)} of which repeat another in all columns that are "
            "used.",
        )
        columns = ["column", "kind", "why", "missing", "different"]
        report.add_table("Columns", columns, rows)
        _print(columns, rows)
        print(f"{len(frame)} rows, {len(repeated)} repeat another")
        if repeated:
            note = f"The first {_SHOWN} of {len(repeated)}." if len(repeated) > _SHOWN else ""
            shown = [(f"row {row}", f"row {first}") for row, first in repeated.items()][:_SHOWN]
            report.add_table("Rows that repeat another", ["row", "repeats"], shown, note)
        aim = goal.find(read, options) if options.target is not None else goal.nothing(read)
        records = pair(read, kinds, options, aim)
        seen = in_its_words(records.report, read)
        if aim.column is not None:
            _describe_target(report, read, aim, found)
            _time(report, records, read, options, aim, found)
        found["unreadable"] = {name: len(own) for name, own in seen.unreadable.items() if own}
        if in_files:
            print(f"{add_unreadable(report, seen)} files that cannot be read")
    report.write(output)
    print(f"Written to {output}")
    return found


def _describe_target(
    report: analysis.HtmlReport, read: table.Table, aim: goal.Goal, found: dict[str, Any]
) -> None:
    cells = read.frame.loc[aim.rows, aim.column]
    lacking = int((~aim.rows).sum())
    print(f"target: {aim.task} ({aim.reason}), missing in {lacking} rows")
    found["task"], found["without_target"] = aim.task, lacking
    note = f"{aim.task}: {aim.reason}. {lacking} rows have none."
    if aim.task == "classification":
        counts = Counter(cells.map(class_name)).most_common()
        for name, count in counts[:_SHOWN]:
            print(f"  {name}: {count} ({100 * count / len(cells):.1f}%)")
        found["classes"] = dict(counts)
        shares = [(name, count, f"{100 * count / len(cells):.1f}%") for name, count in counts]
        report.add_table("Target", ["class", "rows", "share"], shares, note)
    elif aim.task == "regression":
        numbers = pd.to_numeric(cells).describe()
        report.add_table("Target", ["", "value"], list(numbers.items()), note)
    else:
        report.add_text("Target", note)


def _time(
    report: analysis.HtmlReport,
    records: Any,
    read: table.Table,
    options: Options,
    aim: goal.Goal,
    found: dict[str, Any],
) -> None:
    """Build the model and time some steps, after those that compile it."""
    print("Building a model, to time some steps of training", flush=True)
    part = split(records, read, options)["training"]
    model = build(part, aim.task, options)
    batches = part.batch(options.batch_size, training=True, seed=options.seed).repeat()
    model.fit(batches, steps_per_epoch=2, verbose=0, shuffle=False)
    start = time.monotonic()
    model.fit(batches, steps_per_epoch=_TIMED, verbose=0, shuffle=False)
    step = (time.monotonic() - start) / _TIMED
    steps = math.ceil(len(part) / options.batch_size)
    minutes = step * steps * options.epochs / 60
    found["seconds_per_epoch"] = step * steps
    text = (
        f"{step * steps:.1f} seconds an epoch of {steps} steps, as {_TIMED} steps took here: "
        f"{minutes:.1f} minutes for {options.epochs} epochs of the model of all modalities, if it "
        "does not stop sooner. Each modality alone comes on top."
    )
    print(text)
    report.add_text("How long training will take", text)


def _print(columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    cells = [columns, *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    for row in cells:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
