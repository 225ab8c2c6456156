"""A run's report: scores, curves, mistakes, what the columns are."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_multimodal import analysis
from keras_multimodal.commands import scoring
from keras_multimodal.commands.fitting import Best
from keras_multimodal.commands.options import Options
from keras_multimodal.commands.repeats import IN_FILES
from keras_multimodal.commands.table import Table
from keras_multimodal.data import PairingReport, Records
from keras_multimodal.schema import ClassTarget, ColumnKind

_SHOWN = 20  # texts, and classes of a confusion matrix


def make_report(
    options: Options,
    task: str,
    read: Table,
    kinds: Sequence[ColumnKind],
    metrics: Mapping[str, Any],
    fits: Mapping[str, Best],
    found: PairingReport,
    test: Records,
    said: Any,
) -> analysis.HtmlReport:
    """Put the report together.

    Args:
        options: The run's options.
        task: The task.
        read: The table.
        kinds: What its columns are.
        metrics: What `metrics.json` holds.
        fits: The training of each model.
        found: What pairing found, in the table's words.
        test: The test rows.
        said: What the model of all modalities says of them.
    """
    scores = metrics["test"]
    name, better = scoring.HEADLINE[task]
    first = scores["all"][name]
    summary = f"{name} {first:.3f} on {scores['all']['rows']} test rows."
    singles = {label: own[name] for label, own in scores.items() if label.endswith(" alone")}
    if singles:
        best = (max if better else min)(singles, key=lambda label: singles[label])
        summary += f" The best single modality, {best.removesuffix(' alone')}, has "
        summary += f"{singles[best]:.3f}."
        if first <= singles[best] if better else first >= singles[best]:
            summary += " All together are no better on these rows: the interval of each says how "
            summary += "far chance reaches."
    if scoring.unlike(task, metrics["validation"], scores["all"]):
        summary += " " + scoring.how_unlike(task, metrics["validation"])
    report = analysis.HtmlReport(f"{options.target or 'What belongs together'}: {task}", summary)
    if task == "classification":
        report.add_accuracies(
            "Test accuracy",
            {
                label: {"test": (round(own["accuracy"] * own["rows"]), own["rows"])}
                for label, own in scores.items()
            },
            note="Guessing knows how frequent the classes are in the training rows. Each modality "
            "alone was trained in the same way.",
        )
    columns = [key for key, value in scores["all"].items() if isinstance(value, (int, float))]
    report.add_table(
        "Scores on the test rows",
        ["model", *columns],
        [[label, *(own.get(key, "") for key in columns)] for label, own in scores.items()],
    )
    _add_curves(report, fits)
    target = test.target
    labels = test.labels
    if (
        isinstance(target, ClassTarget)
        and isinstance(labels, np.ndarray)
        and len(target.classes) <= _SHOWN
    ):
        report.add_confusion_matrix(
            "Confusion matrix",
            analysis.confusion_matrix(labels, said.argmax(-1), len(target.classes)),
            target.classes,
        )
    if task == "generation" and test.captions is not None:
        shown = list(zip(test.captions.cells.tolist(), said, strict=True))[:_SHOWN]
        report.add_table("What was written", ["true text", "written"], shown)
    report.add_table(
        "Columns",
        ["column", "kind", "why"],
        [(read.names[e.column], e.kind, e.reason) for e in kinds],
    )
    report.add_table("Rows", ["part", "rows"], list(metrics["rows"].items()))
    report.add_text(
        "What rows lack",
        *str(found).splitlines(),
        f"{metrics['repeated_rows']} rows repeat another",
    )
    if any(each.kind in IN_FILES for each in kinds):
        add_unreadable(report, found)
    settings = {
        name: ", ".join(value) if isinstance(value, tuple) else value
        for name, value in dataclasses.asdict(options).items()
        if value not in (None, ())
    }
    report.add_settings("Options", settings)
    report.add_settings("Versions", metrics["versions"])
    return report


def add_unreadable(report: analysis.HtmlReport, found: PairingReport) -> int:
    """Show which files cannot be read, and why.

    Args:
        report: The report.
        found: What pairing found, in the table's words.

    Returns:
        How many there are.
    """
    listed = [
        (f"row {row}", name, reason)
        for name, files in found.unreadable.items()
        for row, reason in files.items()
    ]
    title = "Files that cannot be read"
    if listed:
        note = f"The first {_SHOWN} of {len(listed)}." if len(listed) > _SHOWN else ""
        report.add_table(title, ["row", "column", "why"], listed[:_SHOWN], note)
    else:
        report.add_text(title, "None.")
    return len(listed)


def _add_curves(report: analysis.HtmlReport, fits: Mapping[str, Best]) -> None:
    histories = {name: best.history for name, best in fits.items()}
    kept = [
        (name, best.best + 1, best.epochs, best.stopped or "all epochs are done")
        for name, best in fits.items()
    ]
    note = "The weights of the epoch with the lowest validation loss are kept."
    report.add_table("Epochs", ["model", "kept", "of", "ended"], kept, note)
    measured = ("loss", "accuracy") if "accuracy" in next(iter(histories.values())) else ("loss",)
    try:
        figure = analysis.learning_curves(histories, measured)
    except ImportError as error:
        report.add_text("Learning curves", str(error))
        return
    report.add_figure("Learning curves", figure, "Loss over the epochs, of each model.")
