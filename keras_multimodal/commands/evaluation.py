"""How good a trained model is on a table."""

import dataclasses
import json
import os
import pathlib
import tempfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_multimodal._folders import replace_file
from keras_multimodal.commands import goal, model_folder, scoring, table
from keras_multimodal.commands.prediction import known_rows
from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.schema import ClassTarget
from keras_multimodal.schema.column_kind import class_name
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.types import Cell


def evaluate(
    directory: str | os.PathLike[str],
    source: str,
    output: str | os.PathLike[str] | None = None,
    directory_of_files: str | os.PathLike[str] | None = None,
    tfds_split: str = "train",
) -> dict[str, Any]:
    """Return the scores of a model on the rows of a table that have a target, printed.

    Rows of which nothing can be read have no prediction, and are counted and left out.

    Args:
        directory: The folder that `train` wrote.
        source: The table, as for `train`.
        output: A JSON file for the scores. Default `None`: they are printed alone.
        directory_of_files: The folder that file names are relative to; the table's by default.
        tfds_split: Which rows of a data set of tensorflow-datasets.

    Returns:
        The scores.

    Raises:
        FileNotFoundError: If the folder or the table is missing.
        ValueError: If the output is there already; or if the table lacks the target, has no row
            that can be scored, or classes that the model does not know.
    """
    file = None if output is None else pathlib.Path(output)
    if file is not None and file.exists():
        raise ValueError(f"`--output` must be new. Received: {os.fspath(file)!r}")
    kept = model_folder.load(directory)
    with tempfile.TemporaryDirectory() as files:
        read = table.read(
            source, directory_of_files, tfds_split, folder=pathlib.Path(files) / "files"
        )
        if kept.table_sha256 is not None and kept.table_sha256 == table.digest(source):
            print(
                "This is the table that the model has learned from; metrics.json has its scores on "
                "the rows that it has not learned from"
            )
        pairing: dict[str, Any] = {"match": True}
        if kept.target is not None:
            name = kept.names[kept.target]
            if name not in read.names.values():
                raise ValueError(
                    f"`TABLE` must have the column of what is true, {name!r}. "
                    f"Received: {list(read.names.values())}; `predict` does without"
                )
            cells = read.frame[read.column(name, "TABLE")]
            having = ~cells.map(is_missing)
            print(f"{int(having.sum())} of {len(cells)} rows have a target")
            frame = table.numbered(read.frame[having])
            if frame.empty:
                raise ValueError(f"`TABLE` must have rows with a target, {name!r}. Received: none")
            read = table.Table(frame, read.directory, read.names)
            pairing = _pairing(kept, read, name)
        records, status = known_rows(kept, read, pairing)
        if records is None:
            raise ValueError("`TABLE` must have rows that can be read. Received: none")
        nothing = len(read.frame) - len(records)
        if nothing:
            print(f"{nothing} rows have nothing that can be read, and are left out")
        said = scoring.predictions(
            kept.model, kept.schema, records, kept.task, kept.options.batch_size
        )
        scores = scoring.score(kept.task, kept.schema, records, said)
    if isinstance(kept.schema.target, ClassTarget):
        # Taking all for the class that most of them are of: what a model has to beat.
        commonest = np.bincount(np.asarray(records.labels)).max()
        scores["no_information_rate"] = float(commonest / len(records))
    scores["not_ok"] = sum(each != "ok" for each in status)
    for name, value in scores.items():
        print(f"  {name}: {_shown(value)}")
    if file is not None:
        with replace_file(file) as partial:
            partial.write_text(json.dumps(scores, indent=1), "utf-8")
    return scores


def _shown(value: Cell) -> str:
    """Return a score as it is printed."""
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, list):
        return " to ".join(map(_shown, value))
    if isinstance(value, Mapping):
        return "; ".join(f"{name} {_shown(own)}" for name, own in value.items())
    return str(value)


def _pairing(kept: model_folder.ModelFolder, read: table.Table, name: str) -> dict[str, Any]:
    """Return what `pair` is told of the target, in the terms of the training rows."""
    cells = read.frame[read.column(name, "TABLE")]
    target = kept.schema.target
    if isinstance(target, ClassTarget):
        labels = cells.map(class_name)
        unknown = labels[~labels.isin(target.classes)]
        if len(unknown):
            raise ValueError(
                f"`TABLE` must have classes that the model knows, {list(target.classes)}. "
                f"Received: {sorted(set(unknown))} in column {name!r}, in {len(unknown)} rows "
                f"({name_keys(unknown.index.tolist())}); leave them out"
            )
        return {"labels": labels, "classes": target.classes}
    # The task is the run's, whatever the cells of another table look like.
    return goal.find(read, dataclasses.replace(kept.options, task=kept.task)).pairing
