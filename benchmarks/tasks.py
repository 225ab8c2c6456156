"""What `tasks.classifier` makes of a user's records: `python -m benchmarks.tasks reviews`.

`reviews`: Women's Clothing E-Commerce Reviews, table and text, whether the item is recommended;
with and without the rating among the columns. Printed is F1 on a fifth of the rows. `av_digits`:
pictures of digits, the weak modality, and recordings, one speaker held out at a time. Printed is
the accuracy on the speaker's recordings. Each modality alone and both, by the defaults of
`tasks.classifier`, with the temperature that a tenth of the training rows gives, and the
calibration error before and after.
"""

import argparse
import os
import pathlib
import tempfile
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pandas as pd

from benchmarks import _av_digits
from benchmarks._timing import machine
from keras_multimodal import analysis, data, tasks

BATCH = 64


def reviews(folder: pathlib.Path, seed: int, rating: bool) -> tuple[data.Records, ...]:
    """Training, validation and test rows."""
    frame = pd.read_parquet(folder / "reviews.parquet")
    frame.columns = [name.lower().replace(" ", "_") for name in frame.columns]
    frame["words"] = (frame["title"].fillna("") + " " + frame["review_text"].fillna("")).str.strip()
    numeric = ["age", "positive_feedback_count", *(["rating"] if rating else [])]
    table = data.TableProcessor().from_dataframe(
        frame, numeric=numeric, categorical=["division_name", "department_name", "class_name"]
    )
    texts = data.TextProcessor(max_words=8000, length=64, word_dropout=0.1).from_dataframe(
        frame, column="words", optional=True
    )
    records = data.pair(table, texts, labels=frame["recommended_ind"].astype(str))
    return records.split(validation=0.1, test=0.2, seed=seed)


def av_digits(folder: pathlib.Path, seed: int, home: pathlib.Path) -> tuple[data.Records, ...]:
    """Training, validation and test rows; these are one speaker's."""
    with zipfile.ZipFile(folder / "fsdd.zip") as archive:
        archive.extractall(home)
    files = sorted(path.name for path in (home / "recordings").glob("*.wav"))
    frame = pd.DataFrame({"file": files, "digit": [name[0] for name in files]}, index=files)
    frame["speaker"] = [name.split("_")[1] for name in files]
    speaker = sorted(set(frame["speaker"]))[seed]
    # The pictures of the benchmark of fusions, of which each digit's are dealt out.
    parts = _av_digits.read(folder, seed)
    pictures = np.empty((len(frame), 28, 28, 1), "float32")
    for part, held in (("train", False), ("test", True)):
        own, _, digits = parts[part]
        for digit in range(10):
            rows = (frame["digit"] == str(digit)) & ((frame["speaker"] == speaker) == held)
            pictures[rows.to_numpy()] = own[digits == digit]
    low, high = pictures.min(), pictures.max()
    images = data.ImageStream(
        rescale=1 / 255, width_shift_range=0.08, height_shift_range=0.08
    ).flow((pictures - low) / (high - low) * 255, keys=files)
    sounds = data.AudioStream(8000, 8000).from_dataframe(
        frame, column="file", directory=home / "recordings"
    )
    records = data.pair(images, sounds, labels=frame["digit"])
    test = records.select(frame.index[frame["speaker"] == speaker].tolist())
    train, validation = records.select(frame.index[frame["speaker"] != speaker].tolist()).split(
        validation=0.1, seed=seed
    )
    return train, validation, test


def f1(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """F1 of the second class."""
    said, true = probabilities.argmax(1) == 1, labels == 1
    return float(2 * (said & true).sum() / (said.sum() + true.sum()))


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The share of the rows that are right."""
    return float((probabilities.argmax(1) == labels).mean())


def run(name: str, parts: tuple[data.Records, ...], seed: int, epochs: int) -> dict[str, float]:
    """The score of each modality and of both, on the test rows."""
    score = f1 if name.startswith("reviews") else accuracy
    found = {}
    for names in ([n] for n in parts[0].schema.names), (list(parts[0].schema.names),):
        for own in names:
            keras.utils.set_random_seed(seed)
            train, validation, test = (part.select_modalities(*own) for part in parts)
            steps = epochs * -(-len(train) // BATCH)
            model = tasks.classifier(train.schema, steps=steps, seed=seed)
            batches = train.batch(BATCH, training=True, seed=seed)
            model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
            before = model.predict(test.batch(256), verbose=0)
            temperature = tasks.calibrate(model, validation.batch(256))
            after = model.predict(test.batch(256), verbose=0)
            key = " + ".join(own)
            found[key] = score(after, test.labels)
            errors = [analysis.expected_calibration_error(p, test.labels) for p in (before, after)]
            print(
                f"{name}, seed {seed}: {key:14} {found[key]:.3f}; temperature {temperature:.2f}, "
                f"calibration error {errors[0]:.3f} before, {errors[1]:.3f} after",
                flush=True,
            )
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=("reviews", "av_digits"))
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder of the data")
    parser.add_argument("--seeds", type=int, default=3, help="default: %(default)s")
    options = parser.parse_args()
    print(machine("keras-multimodal-fusion", "keras", "tensorflow"))
    scores: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as home:
        for seed in range(options.seeds):
            if options.task == "reviews":
                for name, rating in (("reviews without rating", False), ("reviews", True)):
                    own = run(name, reviews(options.data, seed, rating), seed, epochs=3)
                    for key, value in own.items():
                        scores.setdefault(name, {}).setdefault(key, []).append(value)
            else:
                parts = av_digits(options.data, seed, pathlib.Path(home))
                for key, value in run("av_digits", parts, seed, epochs=12).items():
                    scores.setdefault("av_digits", {}).setdefault(key, []).append(value)
    for name, by_key in scores.items():
        for key, values in by_key.items():
            listed = [round(value, 3) for value in values]
            print(f"{name}: {key:14} mean {np.mean(values):.3f}  {listed}")


if __name__ == "__main__":
    main()
