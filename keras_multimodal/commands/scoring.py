"""How good a model is on rows that it has not seen, and what guessing would give."""

from typing import Any

import keras
import numpy as np

from keras_multimodal import analysis, inference
from keras_multimodal.data import Detokenizer, Records
from keras_multimodal.data.targets.texts import encode
from keras_multimodal.schema import ClassTarget, PairTarget, Schema
from keras_multimodal.tasks import embed

# What the first number of each task's scores is, and whether more of it is better.
HEADLINE = {
    "classification": ("accuracy", True),
    "regression": ("mae", False),
    "generation": ("f1", True),
    "retrieval": ("recall@10", True),
}


def predictions(
    model: keras.Model, schema: Schema, records: Records, task: str, batch_size: int
) -> Any:
    """Return what a model says of each row: probabilities, numbers, texts, or vectors by tower."""
    if task == "generation":
        return inference.TextGenerator(model, schema).generate(records)
    batches = records.batch(batch_size)
    if task == "retrieval":
        return embed(model, schema, batches)
    return model.predict(batches, verbose=0)


def score(task: str, schema: Schema, records: Records, said: Any) -> dict[str, Any]:
    """Return the scores of what a model said, the task's first one first.

    Args:
        task: One of `options.TASKS`.
        schema: The training rows' schema.
        records: The rows, with what is true.
        said: What `predictions` returned.
    """
    if task == "generation":
        return analysis.text_scores(_texts(schema, records), said)
    truth = np.asarray(records.labels)
    if task == "retrieval":
        return _found(records, said)
    if task == "regression":
        low, median, high = np.moveaxis(np.asarray(said), -1, 0)
        inside = float(((low <= truth) & (truth <= high)).mean())
        return {**_errors(truth, median), "inside_interval_80": inside}
    assert isinstance(schema.target, ClassTarget)
    classes = schema.target.classes
    confusion = analysis.confusion_matrix(truth, said.argmax(-1), len(classes))
    right = int(confusion.trace())
    of_class = zip(classes, analysis.f1_scores(confusion).tolist(), strict=True)
    f1 = {name: own for name, own in of_class if not np.isnan(own)}
    return {
        "accuracy": right / len(truth),
        "accuracy_interval_95": list(analysis.accuracy_interval(right, len(truth))),
        "macro_f1": float(np.mean(list(f1.values()))),
        "calibration_error": float(analysis.expected_calibration_error(said, truth)),
        "f1": f1,
        "rows": len(truth),
    }


def unlike(task: str, validation: dict[str, Any], test: dict[str, Any]) -> bool:
    """Whether a model is better on the validation rows than chance lets it be on the test rows.

    Args:
        task: One of `options.TASKS`.
        validation: The scores there.
        test: The scores here.
    """
    name, more_is_better = HEADLINE[task]
    interval = f"{name}_interval_95"
    if interval not in test:
        return False
    (low, high), (test_low, test_high) = validation[interval], test[interval]
    return low > test_high if more_is_better else high < test_low


def how_unlike(task: str, validation: dict[str, Any]) -> str:
    """Return what a user should know where it is; see `unlike`."""
    name, _ = HEADLINE[task]
    low, high = validation[f"{name}_interval_95"]
    return (
        f"On the validation rows all has {validation[name]:.3f} ({low:.3f} to {high:.3f}): the "
        "test rows are harder, or unlike those. Rows that are to come may be, too; --group keeps "
        "rows of one kind, such as a person's, out of both."
    )


def guess(task: str, train: Records, test: Records) -> dict[str, Any]:
    """Return the scores of who knows the training rows' targets and nothing of the row."""
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


def _errors(truth: np.ndarray, said: np.ndarray) -> dict[str, Any]:
    errors = np.abs(said.reshape(truth.shape) - truth)
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


def _found(records: Records, vectors: Any) -> dict[str, Any]:
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
