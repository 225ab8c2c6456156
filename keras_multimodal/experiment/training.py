"""From a table to a trained model, its scores, a report and a SavedModel."""

import contextlib
import dataclasses
import functools
import json
import math
import pathlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras

from keras_multimodal import export, layers, tables, tasks
from keras_multimodal._folders import replace_file, replace_folder
from keras_multimodal._options import TrainingOptions
from keras_multimodal._seeding import seeded
from keras_multimodal.data import Records
from keras_multimodal.errors import ArgumentError, MissingFileError
from keras_multimodal.experiment import scoring
from keras_multimodal.experiment.fitting import FittedModel, fit_models
from keras_multimodal.experiment.report import make_report
from keras_multimodal.experiment.run import Run
from keras_multimodal.experiment.scores import ALL, ALONE, Scores
from keras_multimodal.experiment.trained_model import CONFIG
from keras_multimodal.experiment.versions import versions
from keras_multimodal.tables import PreparedTable, Table
from keras_multimodal.tables.table import TFDS
from keras_multimodal.types import Tensors

_TABLE = "table.sha256"  # the file of the state that tells which table a run is of
_TASKS: dict[str, Callable[..., keras.Model]] = {
    "classification": tasks.classifier,
    # Medians, and between the outer quantiles eight of ten rows.
    "regression": functools.partial(tasks.regressor, loss="quantile", quantiles=(0.1, 0.5, 0.9)),
    "generation": tasks.captioner,
    "retrieval": tasks.retriever,
}


def train(
    options: TrainingOptions,
    table: Table | None = None,
    *,
    resume: bool = False,
    overwrite: bool = False,
    verbose: str | int = 0,
    on_finding: Callable[[object], object] | None = None,
) -> Run:
    """Train a model on a table, and each modality alone beside it.

    What is learned is kept beside the output, in `<output>.resume`, until all is done, so that an
    interrupted run can go on; the output appears whole or not at all.

    Args:
        options: What to train on, and how.
        table: The table, where no file is to be read: `options.source`, `directory` and
            `tfds_split` are then left out. Default `None`: it is read from `options.source`.
        resume: Whether to go on with an interrupted run of the same options. Default False.
        overwrite: Whether the folder of an earlier run may be replaced. Default False.
        verbose: What Keras' `fit` shows of the epochs. Default 0.
        on_finding: Called with what is found, as it is found: a sentence on the table's encoding
            where it is not UTF-8, `tables.ColumnFindings`,
            `tables.Repeats`, `tables.RowFindings`, `tables.Parts`, `TrainingStart` and
            `TrainingEnd` of each model, and `Scores`. `print` shows them. Default `None`: silence.

    Raises:
        ArgumentError: If an option or a column is wrong, the model could not be exported, the
            output is filled or is being written by another process, or the table is not that of
            the interrupted run.
        FileExistsError: If somebody else has written the output meanwhile; `resume` goes on.
        FullDiskError: If there is no room; `resume` goes on where something was learned.
        ImportError: If a file needs a package that is not installed.
        MissingFileError: If the table is missing, or there is nothing to go on with.
        ValueError: If a cell is wrong.

    Example: see also `Run`.

    >>> train(TrainingOptions(target="sort"))
    Traceback (most recent call last):
    ...
    keras_multimodal.errors.ArgumentError: `source` must name the table, where none is handed on...
    """
    options = _complete(options, table)
    start = time.monotonic()
    output = pathlib.Path(options.output).resolve()
    with replace_folder(output, overwrite, marker=CONFIG, argument="output") as folder:
        state = _state_folder(options, resume)
        with _removed_on_error(state, resume):
            if table is None:
                table = tables.read(
                    str(options.source),
                    options.directory,
                    tfds_split=options.tfds_split,
                    key=options.key,
                    files_directory=state / "files",
                    overwrite=True,
                    confine=options.confine,
                    encoding=options.encoding,
                    sep=options.sep,
                    on_finding=on_finding,
                )
            _check_table(state, table)
            prepared = tables.prepare(table, options, on_finding)
            _check_export(prepared)
        models = _fit(prepared, options, state, start, verbose, on_finding)
        answers, scores = _score(prepared, models, options.batch_size)
        if on_finding is not None:
            on_finding(scores)
        metrics = _metrics(prepared, models, scores, start)
        run = Run(options, prepared, models, answers, scores, metrics, output)
        run.write(folder)
        make_report(run).write(folder / "report.html")
    shutil.rmtree(state)
    return run


def build(train_rows: Records, task: str, options: TrainingOptions) -> keras.Model:
    """Return the task's model, compiled for so many epochs.

    Args:
        train_rows: The training rows.
        task: The task's name.
        options: The run's options.
    """
    with seeded(options.seed):
        return _TASKS[task](
            train_rows.schema,
            fusion=options.fusion or layers.fusion.DEFAULT,
            learning_rate=options.learning_rate,
            steps=options.epochs * math.ceil(len(train_rows) / options.batch_size),
            seed=options.seed,
        )


def _complete(options: TrainingOptions, table: Table | None) -> TrainingOptions:
    """Return the options with whole paths and the fusion's name, so that a run can be repeated.

    Raises:
        ArgumentError: If there is no table, or two, or no such fusion.
    """
    if table is None and options.source is None:
        raise ArgumentError(
            "source", "must name the table, where none is handed on. Received: source=None"
        )
    if table is not None and (options.source, options.directory) != (None, None):
        raise ArgumentError(
            "table",
            "must be left out where the options name a table or its folder. "
            f"Received: source={options.source!r}, directory={options.directory!r}",
        )
    fusion = options.fusion or layers.fusion.DEFAULT
    try:
        layers.fusion.get(fusion)  # a name that there is not is told at once
    except ArgumentError as error:
        raise error.renamed("fusion") from error
    source, directory = options.source, options.directory
    if source is not None and not source.startswith(TFDS):
        source = str(pathlib.Path(source).resolve())
    if directory is not None:
        directory = str(pathlib.Path(directory).resolve())
    return dataclasses.replace(options, source=source, directory=directory, fusion=fusion)


def _fit(
    prepared: PreparedTable,
    options: TrainingOptions,
    state: pathlib.Path,
    start: float,
    verbose: str | int,
    on_finding: Callable[[object], object] | None,
) -> dict[str, FittedModel]:
    """Return the model of all modalities and, before it, those of each alone."""
    task, called = prepared.columns.task.name, prepared.columns.table.names
    parts = prepared.parts.records
    names = parts["training"].schema.names
    modalities: dict[str, tuple[str, ...]] = {}
    if options.baselines and len(names) > 1 and task != "retrieval":
        modalities.update({f"{called.get(name, name)}{ALONE}": (name,) for name in names})
    modalities[ALL] = names
    models = fit_models(
        parts,
        modalities,
        lambda _, rows: build(rows, task, options),
        folder=state,
        epochs=options.epochs,
        batch_size=options.batch_size,
        seed=options.seed,
        patience=options.patience,
        resume=True,  # what is in the folder is of the same options and table
        deadline=None if options.time_limit is None else start + 60 * options.time_limit,
        verbose=verbose,
        on_finding=on_finding,
    )
    if task == "classification":
        for fitted in models.values():
            tasks.calibrate(fitted.model, fitted.rows["validation"].batch(options.batch_size))
    return models


def _score(
    prepared: PreparedTable, models: Mapping[str, FittedModel], batch_size: int
) -> tuple[dict[str, Tensors], Scores]:
    """Return what each model says of the test rows, and how good that is."""
    task = prepared.columns.task.name

    def answers_of(name: str, part: str) -> Tensors:
        rows = models[name].rows[part]
        return scoring.predictions(models[name].model, rows.schema, rows, task, batch_size)

    def scores_of(name: str, part: str, answers: Tensors) -> dict[str, Any]:
        rows = models[name].rows[part]
        return scoring.score(task, rows.schema, rows, answers)

    answers = {name: answers_of(name, "test") for name in models}
    parts = prepared.parts.records
    guessing = scoring.baseline_scores(task, parts["training"], parts["test"])
    test = {"guessing": guessing} if guessing else {}
    test.update({name: scores_of(name, "test", given) for name, given in answers.items()})
    validation = scores_of(ALL, "validation", answers_of(ALL, "validation"))
    return answers, Scores(task, test, validation)


def _metrics(
    prepared: PreparedTable, models: Mapping[str, FittedModel], scores: Scores, start: float
) -> dict[str, Any]:
    """Return what `metrics.json` holds."""
    return {
        "task": scores.task,
        "test": scores.test,
        "validation": scores.validation,
        "rows": {name: len(rows) for name, rows in prepared.parts.records.items()},
        "table_sha256": prepared.columns.table.sha256,
        "repeated_rows": len(prepared.repeats.rows),
        "pairing": json.loads(prepared.rows.report.to_json()),
        "stopped": {
            name: fitted.fit.stopped for name, fitted in models.items() if fitted.fit.stopped
        },
        "seconds": round(time.monotonic() - start, 1),
        "versions": versions(),
    }


def _state_folder(options: TrainingOptions, resume: bool) -> pathlib.Path:
    """Return the folder of what a run has learned, which must be of the same options."""
    state = options.resume_folder
    file = state / CONFIG
    # How long it may take can change; what is learned cannot.
    free = {"time_limit", "patience"}
    if resume:
        if not file.is_file():
            raise MissingFileError(
                "resume", f"must find an interrupted run. Received: none in {str(state)!r}"
            )
        noted = json.loads(file.read_text("utf-8"))
        # An earlier version's lacks options that there are now: their defaults held.
        before = json.loads(TrainingOptions.from_mapping(noted, str(file)).to_json())
        now = json.loads(options.to_json())
        other = sorted(name for name in now if name not in free and now[name] != before[name])
        if other:
            changed = ", ".join(f"{n} {now[n]!r} and not {before[n]!r}" for n in other)
            raise ArgumentError(
                "resume",
                f"must come with the options that the run began with, in {str(file)!r}. "
                f"Received: {changed}",
            )
    elif state.exists() and not all(each.name.startswith(f".{CONFIG}") for each in state.iterdir()):
        raise ArgumentError(
            "output",
            f"has an interrupted run beside it, {str(state)!r}: go on with `resume`, or remove "
            "that folder",
        )
    state.mkdir(parents=True, exist_ok=True)  # there where one was killed before it noted these
    with _removed_on_error(state, resume), replace_file(file) as partial:
        partial.write_text(options.to_json(), "utf-8")
    return state


def _check_export(prepared: PreparedTable) -> None:
    """Refuse what could not be exported once all is trained."""
    try:
        export.check_export(prepared.parts.records["training"].schema)
    except ArgumentError as error:
        raise error.renamed("table") from error


def _check_table(state: pathlib.Path, table: Table) -> None:
    """Refuse to go on with another table than that which the run began with."""
    file = state / _TABLE
    if not file.is_file():
        with replace_file(file) as partial:
            partial.write_text(table.sha256, "utf-8")
    elif file.read_text("utf-8") != table.sha256:
        raise ArgumentError(
            "resume",
            "must come with the table that the run began with. Received: one with other cells; put "
            f"the former one back, or remove {str(state)!r} and begin again",
        )


@contextlib.contextmanager
def _removed_on_error(state: pathlib.Path, resume: bool) -> Iterator[None]:
    """Remove the state of a run that fails before anything has been learned."""
    try:
        yield
    except BaseException:
        if not resume:
            shutil.rmtree(state)
        raise
