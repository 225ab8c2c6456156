"""Several targets in one model, and numbers: `python -m benchmarks.multi_task several`.

Women's Clothing E-Commerce Reviews. `several`: `tasks.multi_task`: whether an item is recommended,
its rating as steps of a scale and the reader's age as a number, all from the text, in one model,
with equal and with learned weights; beside them a model of each by itself and of the same size, and
what saying the most frequent class or the mean would give. `numbers`: `tasks.regressor`: rating and
age from text and table; beside it the mean, the median and ridge regression on TF-IDF and the same
columns, whose penalty the validation rows choose. Everything is by the defaults of the tasks.
Scores are of the validation rows, a tenth, or with `--test` of the test rows, a fifth.
"""

import argparse
import os
import pathlib
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pandas as pd
import scipy.sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks._timing import machine
from benchmarks.tasks import f1
from keras_multimodal import data, tasks

BATCH = 64
COLUMNS = ["division_name", "department_name", "class_name"]
PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)

Scores = dict[str, list[float]]


def read(folder: pathlib.Path) -> pd.DataFrame:
    """The reviews that have a text."""
    frame = pd.read_parquet(folder / "reviews.parquet")
    frame.columns = [name.lower().replace(" ", "_") for name in frame.columns]
    frame["words"] = (frame["title"].fillna("") + " " + frame["review_text"].fillna("")).str.strip()
    frame = frame[frame["words"] != ""]
    return frame.assign(
        recommended=frame["recommended_ind"].astype(str), rating=frame["rating"].astype(float)
    )


def texts(frame: pd.DataFrame) -> data.TextProcessor:
    """The texts as a column."""
    return data.TextProcessor(max_words=8000, length=64, word_dropout=0.1).from_dataframe(
        frame, column="words"
    )


def table(frame: pd.DataFrame, target: str) -> data.TableProcessor:
    """The columns as a column, without what is to be predicted, and without ratings at all."""
    numeric = [name for name in ("age", "positive_feedback_count") if name != target]
    return data.TableProcessor().from_dataframe(frame, numeric=numeric, categorical=COLUMNS)


def fit(model: keras.Model, train: data.Records, seed: int, epochs: int) -> None:
    """Train."""
    batches = train.batch(BATCH, training=True, seed=seed)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)


def several(frame: pd.DataFrame, options: argparse.Namespace, seed: int) -> dict[str, Scores]:
    """Scores of each way by target: one model of all, and a model of each."""
    stars = ["1", "2", "3", "4", "5"]
    grades = frame["rating"].astype(int).astype(str)
    records = data.pair(
        texts(frame),
        labels=pd.DataFrame({"recommended": frame["recommended"], "rating": grades}),
        values=frame["age"],
        classes={"rating": stars},
        ordered=["rating"],
    )
    parts = records.split(validation=0.1, test=0.2, seed=seed)
    train, held = parts[0], parts[2 if options.test else 1]
    steps = options.epochs * -(-len(train) // BATCH)
    by_way: dict[str, Scores] = {}
    labels = {name: held.labels[name] for name in held.target.names}

    def score(way: str, found: dict[str, np.ndarray]) -> None:
        scores = by_way.setdefault(way, {})
        for name, said in found.items():
            scores[name] = _scores(name, said, labels[name])
            listed = " ".join(f"{value:.3f}" for value in scores[name])
            print(f"seed {seed}: {way:22} {name:12} {listed}", flush=True)

    common = train.labels["rating"]
    score(
        "most frequent, mean",
        {
            "recommended": np.tile([0.0, 1.0], (len(held), 1)),
            "rating": np.tile(np.bincount(common, minlength=5), (len(held), 1)),
            "age": np.full((len(held), 1), train.labels["age"].mean()),
        },
    )
    for way, weights in (("one model, equal", None), ("one model, learned", "uncertainty")):
        keras.utils.set_random_seed(seed)
        model = tasks.multi_task(train.schema, loss_weights=weights, steps=steps, seed=seed)
        fit(model, train, seed, options.epochs)
        score(way, model.predict(held.batch(256), verbose=0))
        if weights:
            found = {
                name: round(model.get_layer(f"{name}_weight").loss.weight, 2) for name in labels
            }
            print(f"seed {seed}: weights {found}", flush=True)
    singles = {
        "recommended": {"labels": frame["recommended"]},
        "rating": {"labels": grades, "classes": stars, "ordered": True},
        "age": {"values": frame[["age"]]},
    }
    for name, target in singles.items():
        whole = data.pair(texts(frame), **target)
        own = whole.select(train.keys).adapt()
        make = tasks.regressor if name == "age" else tasks.classifier
        keras.utils.set_random_seed(seed)
        model = make(own.schema, steps=steps, seed=seed)
        fit(model, own, seed, options.epochs)
        # The same rows, words and vocabulary as the model of all has.
        score("a model of each", {name: model.predict(held.batch(256), verbose=0)})
    return by_way


def _scores(name: str, said: np.ndarray, labels: np.ndarray) -> list[float]:
    if name == "age":
        return [r2_score(labels[:, 0], said[:, 0]), mean_absolute_error(labels[:, 0], said[:, 0])]
    best = said.argmax(1)
    if name == "rating":
        return [float((best == labels).mean()), float(np.abs(best - labels).mean())]
    return [f1(said, labels), float((best == labels).mean())]


def numbers(frame: pd.DataFrame, options: argparse.Namespace, seed: int) -> dict[str, Scores]:
    """R2, mean absolute error and, of quantiles, coverage and width, by way and target."""
    by_way: dict[str, Scores] = {}
    for target in ("rating", "age"):
        records = data.pair(texts(frame), table(frame, target), values=frame[[target]])
        train, validation, test = records.split(validation=0.1, test=0.2, seed=seed)
        held = test if options.test else validation
        true = held.labels[:, 0]
        steps = options.epochs * -(-len(train) // BATCH)
        found: dict[str, list[float]] = {}
        found["mean"] = _errors(true, np.full(len(true), train.labels.mean()))
        low, median, high = np.quantile(train.labels, (0.1, 0.5, 0.9))
        found["quantiles of all"] = _intervals(true, np.full(len(true), median), low, high)
        penalty, said = ridge(frame, target, train.keys, validation.keys, held.keys)
        found[f"ridge, {penalty}"] = _errors(true, said)
        for loss in ("mse", "quantile"):
            keras.utils.set_random_seed(seed)
            model = tasks.regressor(train.schema, loss=loss, steps=steps, seed=seed)
            fit(model, train, seed, options.epochs)
            said = model.predict(held.batch(256), verbose=0)[:, 0]
            if loss == "mse":
                found["regressor, mse"] = _errors(true, said)
                continue
            low, median, high = said.T
            found["regressor, quantiles"] = _intervals(true, median, low, high)
        for way, scores in found.items():
            by_way.setdefault(way.split(",")[0] if "ridge" in way else way, {})[target] = scores
            listed = " ".join(f"{value:.3f}" for value in scores)
            print(f"seed {seed}: {way:22} {target:12} {listed}", flush=True)
    return by_way


def ridge(
    frame: pd.DataFrame, target: str, train: list, validation: list, held: list
) -> tuple[float, np.ndarray]:
    """The penalty that the validation rows choose, and what the held rows are said to be."""
    words = TfidfVectorizer(min_df=2, ngram_range=(1, 2), sublinear_tf=True)
    words.fit(frame.loc[train, "words"])
    numeric = [name for name in ("age", "positive_feedback_count") if name != target]
    scale = StandardScaler().fit(frame.loc[train, numeric])
    classes = OneHotEncoder(handle_unknown="ignore").fit(frame.loc[train, COLUMNS].astype(str))

    def columns(keys: list) -> scipy.sparse.csr_matrix:
        rows = frame.loc[keys]
        return scipy.sparse.hstack(
            [
                words.transform(rows["words"]),
                scale.transform(rows[numeric]),
                classes.transform(rows[COLUMNS].astype(str)),
            ]
        ).tocsr()

    x, y = columns(train), frame.loc[train, target]
    fitted = {penalty: Ridge(penalty, solver="sparse_cg").fit(x, y) for penalty in PENALTIES}
    errors = {
        penalty: ((model.predict(columns(validation)) - frame.loc[validation, target]) ** 2).mean()
        for penalty, model in fitted.items()
    }
    best = min(errors, key=errors.__getitem__)
    return best, fitted[best].predict(columns(held))


def _errors(true: np.ndarray, said: np.ndarray) -> list[float]:
    return [r2_score(true, said), mean_absolute_error(true, said)]


def _intervals(true: np.ndarray, said: np.ndarray, low: Any, high: Any) -> list[float]:
    inside = float(((low <= true) & (true <= high)).mean())
    return [*_errors(true, said), inside, float(np.mean(high - low))]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("several", "numbers"))
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder of the data")
    parser.add_argument("--seeds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--test", action="store_true", help="score the test rows")
    options = parser.parse_args()
    print(machine("keras-multimodal-fusion", "keras", "tensorflow", "scikit-learn"))
    print(f"scores of the {'test' if options.test else 'validation'} rows")
    frame = read(options.data)
    measure = several if options.part == "several" else numbers
    print(
        "recommended: F1, accuracy; rating: accuracy, error in stars; age: R2, error in years"
        if options.part == "several"
        else "R2, mean absolute error; of quantiles the coverage and width of their interval too"
    )
    runs = [measure(frame, options, seed) for seed in range(options.seeds)]
    for way in runs[0]:
        for target in runs[0][way]:
            means = np.mean([run[way][target] for run in runs], axis=0)
            listed = " ".join(f"{value:.3f}" for value in means)
            print(f"{way:22} {target:12} mean {listed}", flush=True)


if __name__ == "__main__":
    main()
