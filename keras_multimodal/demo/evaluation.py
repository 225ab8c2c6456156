"""What the demo's models get right, with everything there and with one modality withheld."""

import dataclasses
from typing import Any

import keras
import numpy as np

from keras_multimodal import data

BATCH = 64


@dataclasses.dataclass(frozen=True)
class Condition:
    """Test rows, all as they are or some with one modality withheld.

    Args:
        name: What the condition is called in tables.
        lacks: What the modality withheld is called; empty where none is.
        records: The rows.
        withheld: Which rows lack the modality, `(rows,)` bool.
        right: By model, which rows it has right, `(rows,)` bool.
    """

    name: str
    lacks: str
    records: data.Records
    withheld: np.ndarray
    right: dict[str, np.ndarray]

    def counts(self, model: str) -> tuple[int, int]:
        """Return how many rows the model has right, and of how many."""
        return int(self.right[model].sum()), len(self.records)

    def withheld_accuracy(self, model: str) -> float:
        """Return the share that the model has right of the rows that lack the modality."""
        return float(self.right[model][self.withheld].mean())


def evaluate(
    models: dict[str, keras.Model], test: data.Records, fraction: float, seed: int
) -> dict[str, Condition]:
    """Return every model under every condition: `"all"`, `"image"` withheld and `"text"` withheld.

    Args:
        models: By name; a model of one modality has that modality's name.
        test: The test records.
        fraction: Share of the rows from which a modality is withheld.
        seed: Seed of their choice.
    """
    conditions = {}
    for withheld, called in (("all", ""), ("image", "picture"), ("text", "name")):
        records = test if withheld == "all" else test.mask_modality(withheld, fraction, seed=seed)
        conditions[withheld] = Condition(
            name=f"{called} withheld from {fraction:.0%}" if called else "everything there",
            lacks=called,
            records=records,
            withheld=_lacking(records) & ~_lacking(test),
            right={name: right_rows(model, records) for name, model in models.items()},
        )
    return conditions


def predict(model: keras.Model, records: data.Records) -> Any:
    """Return the model's answers: probabilities `(rows, classes)`, if that is its output."""
    names = [each.name for each in records.schema.inputs if each.inner_name in model.input]
    return model.predict(records.select_modalities(*names).batch(BATCH), verbose=0)


def right_rows(model: keras.Model, records: data.Records) -> np.ndarray:
    """Return which rows the model has right, `(rows,)` bool."""
    return predict(model, records).argmax(-1) == records.labels


def _lacking(records: data.Records) -> np.ndarray:
    """Return which rows lack a modality, `(rows,)` bool."""
    return ~np.all([column.present for column in records.columns], axis=0)
