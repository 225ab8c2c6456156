"""A trained model with all it takes to use it, and the folder that it is read from."""

import dataclasses
import hashlib
import json
import os
import pathlib
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_multimodal._options import TrainingOptions
from keras_multimodal.data.column.digests import digest
from keras_multimodal.errors import ArgumentError, MissingFileError
from keras_multimodal.schema import ColumnKind, Schema
from keras_multimodal.schema.number_writing import PLAIN, NumberWriting
from keras_multimodal.tables import ColumnFindings

CONFIG, COLUMNS, METRICS = "config.json", "columns.json", "metrics.json"
MODEL, SCHEMA = "model.keras", "schema.json"


@dataclasses.dataclass(frozen=True)
class TrainedModel:
    """A trained model, and what was learned with it of the table's columns.

    Args:
        options: The run's options.
        task: The task's name.
        target: The target's column, or `None`.
        kinds: What the table's columns are.
        names: The columns' names as the user has them, by those that `kinds` has.
        schema: The training rows' schema.
        table_sha256: The checksum of the training table; `None` of earlier versions' runs where
            it was no file.
        model: The model of all modalities.
        directory: The folder of the run.
        target_writing: How the target's numbers are written in the table. Default: as Python does.

    Example:

    >>> run = load("run")  # a folder that `experiment.train` wrote
    >>> run.task, run.schema.names
    ('classification', ('Photo File', 'note', 'table'))
    """

    options: TrainingOptions
    task: str
    target: str | None
    kinds: Sequence[ColumnKind]
    names: Mapping[str, str]
    schema: Schema
    table_sha256: str | None
    model: keras.Model
    directory: pathlib.Path
    target_writing: NumberWriting = PLAIN


def write_columns(folder: pathlib.Path, columns: ColumnFindings) -> None:
    """Write what the columns are, and by what the run's other files are known.

    Args:
        folder: The run's folder, in which the others are.
        columns: What was found of them.
    """
    content: dict[str, Any] = {
        "task": columns.task.name,
        "target": columns.task.column,
        "names": columns.table.names,
        "target_writing": dataclasses.asdict(columns.task.writing),
        "kinds": [dataclasses.asdict(each) for each in columns.kinds],
        "digests": {name: _digest(folder / name) for name in (CONFIG, SCHEMA, METRICS, MODEL)},
    }
    (folder / COLUMNS).write_text(json.dumps(content, indent=1, ensure_ascii=False), "utf-8")


def load(run: str | os.PathLike[str]) -> TrainedModel:
    """Read what a run left.

    Args:
        run: The folder.

    Raises:
        MissingFileError: If it is none, or lacks a file.
        ArgumentError: If a file of it is cut off, or of another run.
        ValueError: If a newer version wrote it.

    Example:

    >>> load("run").options.target  # a folder that `experiment.train` wrote
    'sort'
    """
    folder = pathlib.Path(run)
    missing = [n for n in (CONFIG, COLUMNS, SCHEMA, METRICS, MODEL) if not (folder / n).is_file()]
    if missing:
        raise MissingFileError(
            "run",
            "must be a folder that a training run wrote. "
            f"Received: {os.fspath(run)!r}, without {', '.join(missing)}",
        )
    config = _read_json(folder / CONFIG)
    options = TrainingOptions.from_mapping(config, str(folder / CONFIG))
    content = _read_json(folder / COLUMNS)
    if not zipfile.is_zipfile(folder / MODEL):
        raise ArgumentError(
            "run",
            f"must be a folder whose files are whole. Received: {str(folder / MODEL)!r}, which is "
            "cut off or no model; copy it anew",
        )
    schema = Schema.from_json(json.dumps(_read_json(folder / SCHEMA)))
    table_sha256 = _read_json(folder / METRICS)["table_sha256"]
    _check_digests(folder, content.get("digests", {}))  # an earlier version's run has none
    return TrainedModel(
        options,
        content["task"],
        content["target"],
        [ColumnKind(**each) for each in content["kinds"]],
        content["names"],
        schema,
        table_sha256,
        keras.saving.load_model(folder / MODEL),
        folder,
        NumberWriting(**content.get("target_writing", {})),
    )


def _check_digests(folder: pathlib.Path, digests: Mapping[str, str]) -> None:
    """Refuse files that are not of one run: classes in another order give wrong labels.

    Raises:
        ArgumentError: If there are any. The message names them.
    """
    others = [name for name, noted in digests.items() if _digest(folder / name) != noted]
    if not others:
        return
    # Where none is as it was noted, the notes are of another run.
    strangers = [COLUMNS] if len(others) == len(digests) else others
    raise ArgumentError(
        "run",
        f"must be a folder of one run's files. Received: {str(folder)!r}, in which "
        f"{' and '.join(strangers)} {'is' if len(strangers) == 1 else 'are'} of another run, or "
        "changed since; put back what the run wrote, or, to use it as it is, remove "
        f'"digests" from {COLUMNS}',
    )


def _digest(path: pathlib.Path) -> str:
    """Return a checksum of a file; of a JSON file's content, however it is laid out."""
    if path.suffix == ".json":
        return digest(_read_json(path))
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_json(path: pathlib.Path) -> dict[str, Any]:
    """Return what a file of the run holds.

    Raises:
        ArgumentError: If it holds no JSON.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ArgumentError(
            "run",
            f"must be a folder whose files are whole. Received: {str(path)!r}, which holds no "
            f"JSON ({error}); copy it anew",
        ) from error
