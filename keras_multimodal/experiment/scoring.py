"""Scores of a model on rows that it has not seen, and of guessing."""

from typing import Any

import keras
import numpy as np

from keras_multimodal import analysis, inference
from keras_multimodal.data import Detokenizer, Records
from keras_multimodal.data.targets.texts import encode
from keras_multimodal.schema import ClassTarget, PairTarget, Schema
from keras_multimodal.tasks import embed
from keras_multimodal.types import Tensors


def predictions(
    model: keras.Model, schema: Schema, records: Records, task: str, batch_size: int
) -> Tensors:
    """Return a model's answers for rows: probabilities, numbers, texts, or vectors by tower.

    Args:
        model: The model.
        schema: The training rows' schema.
        records: The rows.
        task: The task's name.
        batch_size: Rows in a batch.
    """
    if task == "generation":
        return inference.TextGenerator(model, schema).generate(records)
    batches = records.batch(batch_size)
    if task == "retrieval":
        return embed(model, schema, batches)
    return model.predict(batches, verbose=0)


def score(task: str, schema: Schema, records: Records, answers: Tensors) -> dict[str, Any]:
    """Return the scores of a model's answers, the task's first one first.

    Args:
        task: The task's name.
        schema: The training rows' schema.
        records: The rows, with what is true.
        answers: What `predictions` returned.
    """
    if task == "generation":
        return analysis.text_scores(_texts(schema, records), answers)
    truth = np.asarray(records.labels)
    if task == "retrieval":
        return _retrieval_scores(records, answers)
    wrong = ~np.isfinite(answers).reshape(len(answers), -1).all(axis=1)
    if wrong.any():
        raise ValueError(
            "A model must answer with finite numbers to be scored. Received: NaN or infinity for "
            f"{wrong.sum()} of {len(wrong)} rows, the first of them row "
            f"{records.keys[int(np.argmax(wrong))]!r}. It has diverged in training, or that row "
            "holds such numbers."
        )
    if task == "regression":
        low, median, high = np.moveaxis(np.asarray(answers), -1, 0)
        inside = float(((low <= truth) & (truth <= high)).mean())
        return {**_errors(truth, median), "inside_interval_80": inside}
    assert isinstance(schema.target, ClassTarget)
    classes = schema.target.classes
    confusion = analysis.confusion_matrix(truth, answers.argmax(-1), len(classes))
    right = int(confusion.trace())
    of_class = zip(classes, analysis.f1_scores(confusion).tolist(), strict=True)
    f1 = {name: value for name, value in of_class if not np.isnan(value)}
    return {
        "accuracy": right / len(truth),
        "accuracy_interval_95": list(analysis.accuracy_interval(right, len(truth))),
        "macro_f1": float(np.mean(list(f1.values()))),
        "calibration_error": float(analysis.expected_calibration_error(answers, truth)),
        "f1": f1,
        "rows": len(truth),
    }


def baseline_scores(task: str, train: Records, test: Records) -> dict[str, Any]:
    """Return the scores of who knows the training rows' targets and nothing of the row.

    Args:
        task: The task's name.
        train: The training rows.
        test: The rows that are scored.
    """
    if task == "retrieval":
        return {}
    if task == "generation":
        texts, counts = np.unique(_texts(train.schema, train), return_counts=True)
        return analysis.text_scores(
            _texts(train.schema, test), [str(texts[counts.argmax()])] * len(test)
        )
    known, truth = np.asarray(train.labels), np.asarray(test.labels)
    if task == "regression":
        return _errors(truth, np.broadcast_to(np.median(known, axis=0), truth.shape))
    assert isinstance(train.target, ClassTarget)
    shares = np.bincount(known, minlength=len(train.target.classes)) / len(known)
    return score(task, train.schema, test, np.broadcast_to(shares, (len(truth), len(shares))))


def _texts(schema: Schema, records: Records) -> list[str]:
    """Return the captions as the model learns them: standardised, and cut."""
    target: Any = schema.target
    cells = [] if records.captions is None else records.captions.cells.tolist()
    ids = encode(target, cells)
    return [text.decode("utf-8") for text in Detokenizer(target)(ids).numpy()]


def _errors(truth: np.ndarray, answers: np.ndarray) -> dict[str, Any]:
    errors = np.abs(answers.reshape(truth.shape) - truth)
    spread = float(((truth - truth.mean(axis=0)) ** 2).sum())
    mean = float(errors.mean())
    reach = 1.96 * float(errors.std()) / np.sqrt(len(errors))
    return {
        "mae": mean,
        "mae_interval_95": [mean - reach, mean + reach],
        "rmse": float(np.sqrt((errors**2).mean())),
        "r2": 1 - float((errors**2).sum()) / spread if spread else float("nan"),
        "rows": len(truth),
    }


def _retrieval_scores(records: Records, vectors: Tensors) -> dict[str, Any]:
    """Return the mean over all ways from one tower to another, and each way."""
    assert isinstance(records.target, PairTarget)
    parts = dict(zip(records.target.names, np.asarray(records.labels).T, strict=True))
    ways = {
        f"{one} to {other}": analysis.retrieval_scores(
            vectors[one], vectors[other], parts[one], parts[other]
        )
        for one in parts
        for other in parts
        if one != other
    }
    keys = ("recall@10", "chance@10", "recall@1", "median_rank")
    means = {key: float(np.mean([way[key] for way in ways.values()])) for key in keys}
    return {**means, "rows": len(records), "ways": ways}
