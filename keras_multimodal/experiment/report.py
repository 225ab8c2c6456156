"""A run's report: scores, curves, mistakes, what the columns are."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from keras_multimodal import analysis
from keras_multimodal.data import PairingReport
from keras_multimodal.experiment.fitting import FittedModel
from keras_multimodal.experiment.run import Run
from keras_multimodal.experiment.scores import ALL, ALONE, Scores
from keras_multimodal.schema import ClassTarget
from keras_multimodal.tables.columns import IN_FILES

_SHOWN = 20  # texts, and classes of a confusion matrix


def make_report(run: Run) -> analysis.HtmlReport:
    """Put the report together.

    Args:
        run: The run.
    """
    scores, columns = run.scores, run.prepared.columns
    report = analysis.HtmlReport(
        f"{run.options.target or 'What belongs together'}: {scores.task}", _summary(scores)
    )
    if scores.task == "classification":
        report.add_accuracies(
            "Test accuracy",
            {
                label: {"test": (round(each["accuracy"] * each["rows"]), each["rows"])}
                for label, each in scores.test.items()
            },
            note="Guessing knows how frequent the classes are in the training rows. Each modality "
            "alone was trained in the same way.",
        )
    shown = [key for key, value in scores.test[ALL].items() if isinstance(value, (int, float))]
    report.add_table(
        "Scores on the test rows",
        ["model", *shown],
        [[label, *(each.get(key, "") for key in shown)] for label, each in scores.test.items()],
    )
    _add_curves(report, run.models)
    _add_answers(report, run)
    names = columns.table.names
    report.add_table(
        "Columns",
        ["column", "kind", "why"],
        [(names[each.column], each.kind, each.reason) for each in columns.kinds],
    )
    report.add_table("Rows", ["part", "rows"], list(run.metrics["rows"].items()))
    found = run.prepared.rows.report
    report.add_text(
        "What rows lack",
        *str(found).splitlines(),
        f"{len(run.prepared.repeats.rows)} rows repeat another",
    )
    if any(each.kind in IN_FILES for each in columns.kinds):
        add_unreadable(report, found)
    settings = {
        name: ", ".join(value) if isinstance(value, tuple) else value
        for name, value in dataclasses.asdict(run.options).items()
        if value not in (None, ())
    }
    report.add_settings("Options", settings)
    report.add_settings("Versions", run.metrics["versions"])
    return report


def add_unreadable(report: analysis.HtmlReport, found: PairingReport) -> None:
    """Show which files cannot be read, and why.

    Args:
        report: The report.
        found: What pairing found, in the table's words.
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


def _summary(scores: Scores) -> str:
    """Return the report's first lines: what all together are worth."""
    name = scores.headline
    together = scores.test[ALL]
    summary = f"{name} {together[name]:.3f} on {together['rows']} test rows."
    best = scores.best_single
    if best is not None:
        summary += f" The best single modality, {best.removesuffix(ALONE)}, has "
        summary += f"{scores.test[best][name]:.3f}."
        if not scores.fusion_gains:
            summary += " All together are no better on these rows: the interval of each says how "
            summary += "far chance reaches."
    return f"{summary} {scores.validation_gap}".rstrip()


def _add_curves(report: analysis.HtmlReport, models: Mapping[str, FittedModel]) -> None:
    fits = {name: fitted.fit for name, fitted in models.items()}
    histories = {name: fit.history for name, fit in fits.items()}
    ends = [
        (name, fit.best + 1, fit.epochs, fit.stopped or "all epochs are done")
        for name, fit in fits.items()
    ]
    note = "The weights of the epoch with the lowest validation loss are kept."
    report.add_table("Epochs", ["model", "kept", "of", "ended"], ends, note)
    measured = ("loss", "accuracy") if "accuracy" in next(iter(histories.values())) else ("loss",)
    try:
        figure = analysis.learning_curves(histories, measured)
    except ImportError as error:
        report.add_text("Learning curves", str(error))
        return
    report.add_figure("Learning curves", figure, "Loss over the epochs, of each model.")


def _add_answers(report: analysis.HtmlReport, run: Run) -> None:
    """Show which classes are taken for which, or what was written."""
    test, answers = run.models[ALL].rows["test"], run.answers[ALL]
    target, labels = test.target, test.labels
    if (
        isinstance(target, ClassTarget)
        and isinstance(labels, np.ndarray)
        and len(target.classes) <= _SHOWN
    ):
        report.add_confusion_matrix(
            "Confusion matrix",
            analysis.confusion_matrix(labels, answers.argmax(-1), len(target.classes)),
            target.classes,
        )
    if run.scores.task == "generation" and test.captions is not None:
        shown = list(zip(test.captions.cells.tolist(), answers, strict=True))[:_SHOWN]
        report.add_table("What was written", ["true text", "written"], shown)
