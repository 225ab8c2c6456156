"""A run: what was learned of a table, and the folder that holds it."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping
from typing import Any

import keras
import pandas as pd

from keras_multimodal import export
from keras_multimodal._options import TrainingOptions
from keras_multimodal.experiment.fitting import FittedModel
from keras_multimodal.experiment.history import write_history
from keras_multimodal.experiment.scores import ALL, Scores
from keras_multimodal.experiment.trained_model import (
    CONFIG,
    METRICS,
    MODEL,
    SCHEMA,
    TrainedModel,
    write_columns,
)
from keras_multimodal.schema import Schema
from keras_multimodal.tables import PreparedTable
from keras_multimodal.types import Tensors


@dataclasses.dataclass(frozen=True, repr=False)
class Run:
    """A run: the models that have learned of a table, and their scores.

    Args:
        options: The options, as `config.json` has them.
        prepared: The table's records, and what was found of it.
        models: The models that were trained: `"all"`, and each modality alone.
        answers: What each model says of the test rows.
        scores: How good they are.
        metrics: What `metrics.json` holds.
        directory: The folder that was written.

    The pictures and recordings of a data set of tensorflow-datasets are gone when the run is there:
    read it yourself with `tables.read`, and hand the table on, to keep them.

    Example:

    >>> from keras_multimodal import experiment
    >>> import pandas as pd
    >>> from keras_multimodal.tables import Table
    >>> frame = pd.DataFrame({"x": [1.5, 2.5, 3.5, 4.5] * 10, "sort": ["a", "a", "b", "b"] * 10})
    >>> options = TrainingOptions(target="sort", epochs=1, output="run_of_x")
    >>> run = experiment.train(options, Table.from_dataframe(frame))
    >>> run.schema.names, run.model.output_shape
    (('table',), (None, 2))
    """

    options: TrainingOptions
    prepared: PreparedTable
    models: Mapping[str, FittedModel]
    answers: Mapping[str, Tensors]
    scores: Scores
    metrics: Mapping[str, Any]
    directory: pathlib.Path

    def __repr__(self) -> str:
        first = self.scores.test[ALL][self.scores.headline]
        return f"<Run in {str(self.directory)!r}: {self.scores.headline} {first:.3f}>"

    def __str__(self) -> str:
        written = sorted(path.name for path in self.directory.iterdir())
        return f"Written to {self.directory}: {', '.join(written)}"

    @property
    def model(self) -> keras.Model:
        """The model of all modalities."""
        return self.models[ALL].model

    @property
    def trained(self) -> TrainedModel:
        """The model of all modalities as `experiment.predict` and `evaluate` take it."""
        columns = self.prepared.columns
        return TrainedModel(
            self.options,
            columns.task.name,
            columns.task.column,
            columns.kinds,
            columns.table.names,
            self.schema,
            columns.table.sha256,
            self.model,
            self.directory,
            columns.task.writing,
        )

    @property
    def schema(self) -> Schema:
        """The training rows' schema."""
        return self.prepared.parts.records["training"].schema

    def write(self, folder: pathlib.Path) -> None:
        """Write the model and all it takes to use and to repeat the run, but for the report.

        Args:
            folder: A new folder.
        """
        columns = self.prepared.columns
        folder.mkdir()
        self.model.save(folder / MODEL)
        export.saved_model(self.model, folder / "saved_model", preprocessing=self.schema)
        (folder / SCHEMA).write_text(self.schema.to_json(), "utf-8")
        (folder / CONFIG).write_text(self.options.to_json(), "utf-8")
        (folder / METRICS).write_text(json.dumps(self.metrics, indent=1), "utf-8")
        write_columns(folder, columns)
        histories = {name: fitted.fit.history for name, fitted in self.models.items()}
        write_history(folder / "history.csv", histories)
        self._write_split(folder / "split.csv")

    def _write_split(self, path: pathlib.Path) -> None:
        """Write the part of each row, by its number in the table, from 1, and its key."""
        parts = self.prepared.parts.records
        numbered = [(row, name) for name, rows in parts.items() for row in rows.keys]
        frame = pd.DataFrame(numbered, columns=["row", "part"]).sort_values("row")
        if self.options.key is not None:
            table = self.prepared.columns.table
            keys = table.frame[table.column(self.options.key, "key")]
            frame.insert(1, "key", keys.loc[frame["row"]].tolist())
        frame.to_csv(path, index=False)
