"""From a table to a trained model, its scores, a report and a SavedModel."""

import contextlib
import dataclasses
import functools
import importlib.metadata
import json
import math
import pathlib
import platform
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import pandas as pd

from keras_multimodal import export, layers, tasks
from keras_multimodal._folders import replace_folder
from keras_multimodal._seeding import seeded
from keras_multimodal.commands import goal, model_folder, scoring, streams, table
from keras_multimodal.commands.fitting import Best, fit
from keras_multimodal.commands.options import Options
from keras_multimodal.commands.repeats import repeats
from keras_multimodal.commands.report import make_report
from keras_multimodal.commands.rows import (
    check_readable,
    in_its_words,
    pair,
    say_parts,
    split,
)
from keras_multimodal.data import Records
from keras_multimodal.schema import ColumnKind

_TASKS: dict[str, Any] = {
    "classification": tasks.classifier,
    # Medians, and between the outer quantiles eight of ten rows.
    "regression": functools.partial(tasks.regressor, loss="quantile", quantiles=(0.1, 0.5, 0.9)),
    "generation": tasks.captioner,
    "retrieval": tasks.retriever,
}
_PRINTED = 20  # columns of a kind
_PACKAGES = ("keras-multimodal-fusion", "keras", "tensorflow", "numpy", "pandas")


def train(options: Options, resume: bool = False, overwrite: bool = False) -> dict[str, Any]:
    """Train a model on a table.

    What is learned is kept beside the output, in `<output>.resume`, until all is done, so that an
    interrupted run can go on; the output appears whole or not at all.

    Args:
        options: What to train on, and how.
        resume: Whether to go on with an interrupted run of the same options. Default False.
        overwrite: Whether the folder of an earlier run may be replaced. Default False.

    Returns:
        What `metrics.json` holds.

    Raises:
        FileNotFoundError: If the table is missing, or there is nothing to go on with.
        ImportError: If a file needs a package that is not installed.
        ValueError: If an option, a column or a cell is wrong, or the output is filled.
    """
    try:
        layers.fusion.get(options.fusion)  # a name that there is not is told at once
    except ValueError as error:
        told = str(error).replace("`identifier`", "`--fusion`").replace("identifier=", "")
        raise ValueError(told) from error
    options = _anywhere(options)
    start = time.monotonic()
    deadline = None if options.time_limit is None else start + 60 * options.time_limit
    output = pathlib.Path(options.output)
    with replace_folder(
        output,
        overwrite,
        marker=model_folder.CONFIG,
        argument="`--output`",
        remedy="--overwrite",
    ) as folder:
        kept = _kept(options, resume)
        with _removed_on_error(kept, resume):
            read = table.read(
                options.source,
                options.directory,
                options.tfds_split,
                options.key,
                kept / "files",
            )
            kinds = streams.decide(read, options)
            aim = goal.find(read, options)
            _print_columns(read, kinds, aim)
            repeated = repeats(read, kinds)
            _print_repeats(read, repeated, options)
            records = pair(read, kinds, options, aim)
            check_readable(records, read)
            found = in_its_words(records.report, read)
            parts = split(records, read, options)
            say_parts(parts, read, options)
        models, fits = _train_all(parts, read.names, aim.task, options, kept, deadline)
        said = {
            name: scoring.predictions(model, rows.schema, rows, aim.task, options.batch_size)
            for name, (model, rows) in models.items()
        }
        scores = {"guessing": scoring.guess(aim.task, parts["training"], parts["test"])}
        scores.update(
            {
                n: scoring.score(aim.task, models[n][1].schema, models[n][1], each)
                for n, each in said.items()
            }
        )
        scores = {name: own for name, own in scores.items() if own}
        model, _ = models["all"]
        held = parts["validation"]
        checked = scoring.score(
            aim.task,
            held.schema,
            held,
            scoring.predictions(model, held.schema, held, aim.task, options.batch_size),
        )
        metrics = {
            "task": aim.task,
            "test": scores,
            "validation": checked,
            "rows": {name: len(rows) for name, rows in parts.items()},
            "table_sha256": table.digest(options.source),
            "repeated_rows": len(repeated),
            "pairing": json.loads(found.to_json()),
            "stopped": {name: best.stopped for name, best in fits.items() if best.stopped},
            "seconds": round(time.monotonic() - start, 1),
            "versions": {
                "python": platform.python_version(),
                **{package: importlib.metadata.version(package) for package in _PACKAGES},
            },
        }
        _print_scores(aim.task, scores)
        if scoring.unlike(aim.task, checked, scores["all"]):
            print(f"{scoring.how_unlike(aim.task, checked)}\n", flush=True)
        folder.mkdir()
        model.save(folder / model_folder.MODEL)
        schema = parts["training"].schema
        export.saved_model(model, folder / "saved_model", preprocessing=schema)
        (folder / model_folder.SCHEMA).write_text(schema.to_json(), "utf-8")
        (folder / model_folder.CONFIG).write_text(options.to_json(), "utf-8")
        model_folder.write_columns(folder, aim.task, aim.column, kinds, read.names)
        (folder / model_folder.METRICS).write_text(json.dumps(metrics, indent=1), "utf-8")
        histories = {name: best.history for name, best in fits.items()}
        _write_history(folder / "history.csv", histories)
        _write_split(folder / "split.csv", parts, read, options)
        report = make_report(
            options, aim.task, read, kinds, metrics, fits, found, parts["test"], said["all"]
        )
        report.write(folder / "report.html")
    shutil.rmtree(kept)
    written = sorted(path.name for path in output.iterdir())
    print(f"Written to {output}: {', '.join(written)}")
    return metrics


def build(train_rows: Records, task: str, options: Options) -> keras.Model:
    """Return the task's model, compiled for so many epochs."""
    with seeded(options.seed):
        return _TASKS[task](
            train_rows.schema,
            fusion=options.fusion,
            learning_rate=options.learning_rate,
            steps=options.epochs * math.ceil(len(train_rows) / options.batch_size),
            seed=options.seed,
        )


def _train_all(
    parts: Mapping[str, Records],
    called: Mapping[str, str],
    task: str,
    options: Options,
    kept: pathlib.Path,
    deadline: float | None,
) -> tuple[dict[str, tuple[keras.Model, Records]], dict[str, Best]]:
    """Return the model of all modalities and those of each alone, with the test rows of each.

    The encoders of all together start from those that have learned alone, as the demo's do.
    """
    names = parts["training"].schema.names
    wanted: dict[str, tuple[str, ...]] = {}
    if options.baselines and len(names) > 1 and task != "retrieval":
        wanted.update({_alone(name, called): (name,) for name in names})
    wanted["all"] = names
    models: dict[str, tuple[keras.Model, Records]] = {}
    fits = {}
    for place, (label, own) in enumerate(wanted.items()):
        until = None
        if deadline is not None:  # each model has an equal part of the time that is left
            now = time.monotonic()
            until = now + (deadline - now) / (len(wanted) - place)
        rows = {name: part.select_modalities(*own) for name, part in parts.items()}
        model = build(rows["training"], task, options)
        for name in names if label == "all" and models else ():
            encoder = f"{name}_encoder"
            alone, _ = models[_alone(name, called)]
            model.get_layer(encoder).set_weights(alone.get_layer(encoder).get_weights())
        fits[label] = fit(
            model,
            rows["training"],
            rows["validation"],
            name=label,
            folder=kept,
            epochs=options.epochs,
            batch_size=options.batch_size,
            patience=options.patience,
            deadline=until,
            seed=options.seed,
        )
        if task == "classification":
            tasks.calibrate(model, rows["validation"].batch(options.batch_size))
        models[label] = (model, rows["test"])
    return models, fits


def _alone(modality: str, called: Mapping[str, str]) -> str:
    """Return what the model of one modality is called: after its column."""
    return f"{called.get(modality, modality)} alone"


def _anywhere(options: Options) -> Options:
    """Return the options with whole paths, so that a run can be repeated from another folder."""
    source, directory = options.source, options.directory
    if not source.startswith(table.TFDS):
        source = str(pathlib.Path(source).resolve())
    if directory is not None:
        directory = str(pathlib.Path(directory).resolve())
    return dataclasses.replace(options, source=source, directory=directory)


def _kept(options: Options, resume: bool) -> pathlib.Path:
    """The folder of what an interrupted run has learned, which must be of the same options."""
    kept = options.resume_folder
    file = kept / model_folder.CONFIG
    # How long it may take can change; what is learned cannot.
    free = {"time_limit", "patience"}
    if resume:
        if not file.is_file():
            raise FileNotFoundError(
                f"`--resume` must find an interrupted run. Received: none in {str(kept)!r}"
            )
        before = json.loads(file.read_text("utf-8"))
        now = json.loads(options.to_json())
        other = sorted(name for name in now if name not in free and now[name] != before.get(name))
        if other:
            changed = ", ".join(f"{n} {now[n]!r} and not {before.get(n)!r}" for n in other)
            raise ValueError(
                f"`--resume` must come with the options that the run began with, in {str(file)!r}. "
                f"Received: {changed}"
            )
    elif kept.exists():
        raise ValueError(
            f"`--output` has an interrupted run beside it, {str(kept)!r}: go on with --resume, or "
            "remove that folder"
        )
    kept.mkdir(parents=True, exist_ok=True)
    file.write_text(options.to_json(), "utf-8")
    return kept


@contextlib.contextmanager
def _removed_on_error(kept: pathlib.Path, resume: bool) -> Iterator[None]:
    """Yield what was kept before anything has been learned is of no use to go on with."""
    try:
        yield
    except BaseException:
        if not resume:
            shutil.rmtree(kept)
        raise


def _print_columns(read: table.Table, kinds: list[ColumnKind], aim: goal.Goal) -> None:
    print(f"{len(read.frame)} rows")
    printed: Counter[str] = Counter()
    for each in kinds:
        printed[each.kind] += 1
        if printed[each.kind] <= _PRINTED:
            print(f"  {read.names[each.column]}: {each.kind} ({each.reason})")
    for kind, count in printed.items():
        if count > _PRINTED:
            print(f"  and {count - _PRINTED} more columns: {kind} (the report lists them)")
    if aim.column is not None:
        print(f"  {read.names[aim.column]}: target, {aim.task} ({aim.reason})")


def _print_repeats(read: table.Table, repeated: Mapping[int, int], options: Options) -> None:
    """Rows that are there twice are in two parts, perhaps: what is learned is asked for again."""
    if repeated:
        row, first = next(iter(repeated.items()))
        print(
            f"{len(repeated)} rows repeat another, such as row {row} row {first}: scores are too "
            "good where one is learned from and the other one tested. Remove them, or keep them "
            "together with --group"
        )
    if options.key is not None:
        keys = read.frame[read.column(options.key, "--key")]
        again = keys[keys.duplicated()]
        if len(again):
            print(
                f"{len(again)} rows have a key that was there before, such as {again.iloc[0]!r} in "
                f"row {again.index[0]}"
            )


def _print_scores(task: str, scores: Mapping[str, Mapping[str, Any]]) -> None:
    name, _ = scoring.HEADLINE[task]
    print(f"\nOn the test rows, {name}:")
    width = max(map(len, scores))
    for label, own in scores.items():
        interval = own.get(f"{name}_interval_95")
        reach = f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else ""
        chance = f", chance {own['chance@10']:.3f}" if "chance@10" in own else ""
        print(f"  {label:{width}s} {own[name]:.3f}{reach}{chance}")
    print(flush=True)


def _write_history(path: pathlib.Path, histories: Mapping[str, Mapping[str, list[float]]]) -> None:
    frames = [
        pd.DataFrame(history).assign(model=name, epoch=np.arange(len(history["loss"])) + 1)
        for name, history in histories.items()
    ]
    frame = pd.concat(frames)
    first = ["model", "epoch"]
    frame[first + [c for c in frame.columns if c not in first]].to_csv(path, index=False)


def _write_split(
    path: pathlib.Path, parts: Mapping[str, Records], read: table.Table, options: Options
) -> None:
    """Return the part of each row, by its number in the table, from 1, and its key."""
    numbered = [(row, name) for name, own in parts.items() for row in own.keys]
    frame = pd.DataFrame(numbered, columns=["row", "part"]).sort_values("row")
    if options.key is not None:
        keys = read.frame[read.column(options.key, "--key")]
        frame.insert(1, "key", keys.loc[frame["row"]].tolist())
    frame.to_csv(path, index=False)
