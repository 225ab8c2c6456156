"""The folder that a run leaves: the model, and all it takes to use and to repeat it."""

import dataclasses
import json
import os
import pathlib
from typing import Any

import keras

from keras_multimodal.commands.options import Options
from keras_multimodal.schema import ColumnKind, Schema

CONFIG, COLUMNS, METRICS = "config.json", "columns.json", "metrics.json"
MODEL, SCHEMA = "model.keras", "schema.json"


@dataclasses.dataclass(frozen=True)
class ModelFolder:
    """What a run left.

    Args:
        options: The run's options.
        task: The task.
        target: The target's identifier, or `None`.
        kinds: What the table's columns are.
        names: The columns' own names, by identifier.
        schema: The training rows' schema.
        table_sha256: By which the training table is known again, if it was a file.
        model: The model.
    """

    options: Options
    task: str
    target: str | None
    kinds: list[ColumnKind]
    names: dict[str, str]
    schema: Schema
    table_sha256: str | None
    model: keras.Model


def write_columns(
    folder: pathlib.Path,
    task: str,
    target: str | None,
    kinds: list[ColumnKind],
    names: dict[str, str],
) -> None:
    """Write what the columns are.

    Args:
        folder: The run's folder.
        task: The task.
        target: The target's identifier, or `None`.
        kinds: What the table's columns are.
        names: Their own names.
    """
    content: dict[str, Any] = {
        "task": task,
        "target": target,
        "names": names,
        "kinds": [dataclasses.asdict(each) for each in kinds],
    }
    (folder / COLUMNS).write_text(json.dumps(content, indent=1, ensure_ascii=False), "utf-8")


def load(directory: str | os.PathLike[str]) -> ModelFolder:
    """Read what a run left.

    Args:
        directory: The folder.

    Raises:
        FileNotFoundError: If it is none, or lacks a file.
        ValueError: If a newer version wrote it.
    """
    folder = pathlib.Path(directory)
    missing = [n for n in (CONFIG, COLUMNS, SCHEMA, METRICS, MODEL) if not (folder / n).is_file()]
    if missing:
        raise FileNotFoundError(
            "`DIR` must be a folder that `keras-multimodal train` wrote. "
            f"Received: {os.fspath(directory)!r}, without {', '.join(missing)}"
        )
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    options = Options.from_mapping(config, str(folder / CONFIG))
    content = json.loads((folder / COLUMNS).read_text("utf-8"))
    return ModelFolder(
        options,
        content["task"],
        content["target"],
        [ColumnKind(**each) for each in content["kinds"]],
        content["names"],
        Schema.from_json((folder / SCHEMA).read_text("utf-8")),
        json.loads((folder / METRICS).read_text("utf-8"))["table_sha256"],
        keras.saving.load_model(folder / MODEL),
    )
