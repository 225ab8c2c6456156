"""The demo's report: how good the models are, how they learned, and what the fused one looks at."""

import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from keras_multimodal import analysis, data
from keras_multimodal.demo.evaluation import Condition, predict
from keras_multimodal.demo.models import with_weights
from keras_multimodal.schema import ClassTarget

SHOWN = 6  # rows of each condition
_ROWS_NOTE = (
    "Chosen at random. The bars are the weights of what the model has summed: the picture, the "
    "name, and what the name's words have found on the picture (attention)."
)


def make_report(
    fused: keras.Model,
    conditions: Mapping[str, Condition],
    histories: Mapping[str, Mapping[str, Sequence[float]]],
    settings: Mapping[str, Any],
    seed: int,
) -> analysis.HtmlReport:
    """Put the report together.

    Args:
        fused: The fused model.
        conditions: What `evaluate` returned.
        histories: `fit(...).history` of each model.
        settings: Names and values to print at the end.
        seed: Seed of the choice of rows.
    """
    test = conditions["all"].records
    counts = {name: conditions["all"].counts(name)[0] for name in histories}
    report = analysis.HtmlReport(
        "Pictures and names together", analysis.accuracy_sentence(counts, len(test))
    )
    report.add_accuracies(
        "Test accuracy",
        {
            name: {condition.name: condition.counts(name) for condition in conditions.values()}
            for name in histories
        },
        note=f"The category, one of {len(_classes(test))}, of {len(test)} icons that no model has "
        "seen. A single model whose own modality is withheld can only guess.",
    )
    report.add_figure(
        "Learning curves",
        analysis.learning_curves(histories),
        "Loss and accuracy of the three models over the epochs.",
        note="The fused model's encoders start from those of the single models. Each model has the "
        "weights of the epoch with the best validation accuracy.",
    )
    model, parts = with_weights(fused)
    predicted = predict(model, test)[0].argmax(-1)
    report.add_confusion_matrix(
        "Confusion matrix of the fused model",
        analysis.confusion_matrix(_labels(test), predicted, len(_classes(test))),
        _classes(test),
    )
    for name, condition in conditions.items():
        _add_rows(report, model, parts, name, condition, seed)
    report.add_settings("Settings and versions", settings)
    return report


def _add_rows(
    report: analysis.HtmlReport,
    model: keras.Model,
    parts: Sequence[str],
    name: str,
    condition: Condition,
    seed: int,
) -> None:
    """Some rows, chosen at random: any of them, or those that lack a modality."""
    everything = name == "all"
    rows = np.arange(len(condition.records)) if everything else np.flatnonzero(condition.withheld)
    chosen = np.random.default_rng(seed).permutation(rows)[:SHOWN]
    records = condition.records.select([condition.records.keys[row] for row in chosen])
    probabilities, weights = predict(model, records)
    frame = records.to_frame()
    classes = _classes(records)
    report.add_rows(
        "Test rows" if everything else f"Test rows without their {condition.lacks}",
        pictures=[pathlib.Path(path).read_bytes() if path else None for path in frame["image"]],
        texts=frame["text"].tolist(),
        labels=frame["label"].tolist(),
        predictions=[classes[number] for number in probabilities.argmax(-1)],
        probabilities=probabilities.max(-1).tolist(),
        weights={part: weights[:, index].tolist() for index, part in enumerate(parts)},
        note=_ROWS_NOTE if everything else "",
    )


def _labels(records: data.Records) -> np.ndarray:
    return records.labels if isinstance(records.labels, np.ndarray) else np.empty(0, int)


def _classes(records: data.Records) -> tuple[str, ...]:
    target = records.schema.target
    return target.classes if isinstance(target, ClassTarget) else ()
