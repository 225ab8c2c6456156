"""The answers of a trained model for each row of a table."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from keras_multimodal._inner_names import free_name
from keras_multimodal.errors import ArgumentError
from keras_multimodal.experiment import scoring
from keras_multimodal.experiment.known_rows import known_rows
from keras_multimodal.experiment.trained_model import TrainedModel
from keras_multimodal.schema import ClassTarget, Schema
from keras_multimodal.tables import Table
from keras_multimodal.types import Tensors

_DIGITS = 6  # of probabilities
_NO_ANSWER = "the model has no finite answer"


def predict(
    run: TrainedModel, table: Table, on_finding: Callable[[object], object] | None = None
) -> pd.DataFrame:
    """Return what a model says of each row of a table: a row for each row, in their order.

    The columns are that of the key, if the run had one, else `row`, its number in the table; a key
    called as one of the others, such as "status", is `status_`;
    `prediction`, with
    `probability` of each class beside it, or `low` and `high`, between which eight of ten numbers
    are; and `status`: `ok`, or what the row lacks, what could not be read and which numbers are far
    from all that training had. A row of which nothing could be read, or for which the model has no
    finite answer, has no prediction.

    Args:
        run: The trained model: `run.trained` of a run, or what `experiment.load` reads.
        table: The table. A modality that it has no column for is taken as absent from every row.
        on_finding: Called with `KnownRows`, such as `print`. Default `None`: silence.

    Raises:
        ArgumentError: If the table has none of the columns that the model knows, or the model
            predicts nothing.

    Example:

    >>> from keras_multimodal import experiment, tables
    >>> run = experiment.load("run")  # a folder that `experiment.train` wrote
    >>> predict(run, tables.read("pets.csv", key="code"))["status"][3][:28]
    'Photo File could not be read'
    """
    if run.task == "retrieval":
        raise ArgumentError(
            "run",
            "must be a model that predicts; one of retrieval is searched with "
            f"inference.SearchIndex. Received: {str(run.directory)!r}",
        )
    key = run.options.key
    if key is not None and key not in table.names.values():
        raise ArgumentError(
            "table",
            f"must have the column of keys that the model was trained with, {key!r}. "
            f"Received: {list(table.names.values())}",
        )
    rows = known_rows(run, table)
    if on_finding is not None:
        on_finding(rows)
    columns: dict[str, Any] = {}
    status = dict(zip(table.frame.index, rows.status, strict=True))
    if rows.records is not None:
        answers = scoring.predictions(
            run.model, run.schema, rows.records, run.task, run.options.batch_size
        )
        columns = _columns(answers, run.schema)
        for row, answered in zip(rows.records.keys, _are_answers(answers), strict=True):
            if not answered:
                found = status[row]
                status[row] = _NO_ANSWER if found == "ok" else f"{found}; {_NO_ANSWER}"
    frame = pd.DataFrame(columns, index=[] if rows.records is None else rows.records.keys)
    frame = frame.reindex(table.frame.index)
    if "prediction" not in frame:
        frame["prediction"] = None
    frame = frame.assign(status=list(status.values()))
    if key is None:
        frame.insert(0, "row", table.frame.index)
    else:
        keys = table.frame[table.column(key, "table")].tolist()
        frame.insert(0, free_name(key, frame.columns), keys)
    return frame.reset_index(drop=True)


def _are_answers(answers: Tensors) -> np.ndarray:
    """Return for which rows a model answers with finite numbers, or texts, `(rows,)` bool."""
    if isinstance(answers, list):
        return np.ones(len(answers), bool)
    return np.isfinite(answers).reshape(len(answers), -1).all(axis=1)


def _columns(answers: Tensors, schema: Schema) -> dict[str, Any]:
    target = schema.target
    if isinstance(answers, list):
        return {"prediction": answers}
    if isinstance(target, ClassTarget):
        best = np.asarray(target.classes, object)[answers.argmax(-1)]
        best[~_are_answers(answers)] = None
        shares = answers.astype("float64").round(_DIGITS)
        of_class = {f"probability_{c}": shares[:, n] for n, c in enumerate(target.classes)}
        return {"prediction": best, "probability": shares.max(-1), **of_class}
    low, median, high = answers[:, 0].T
    return {"prediction": median, "low": low, "high": high}
