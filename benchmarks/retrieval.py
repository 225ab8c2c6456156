"""How well icons are found by their names: `python -m benchmarks.retrieval`.

The OpenMoji icons and their names, in the demo's split. `tasks.retriever` is trained from scratch
on the training rows, with a vector for each word in place of the GRU; printed are recall at 1, 5
and 10, what guessing gives, and the median rank over the test rows, which no model has seen, from
name to icon and back. The recipe was chosen on the validation rows.
"""

import argparse
import os
import pathlib
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pandas as pd

from benchmarks._timing import machine
from keras_multimodal import analysis, data, datasets, tasks

BATCH, WIDTH = 64, 64
SHOWN = ("recall@1", "recall@5", "recall@10", "chance@10", "median_rank")
Scores = dict[str, dict[str, float]]  # by way, then by name


def icons(folder: pathlib.Path) -> tuple[data.Records, data.Records]:
    """Training and test rows; a group of look-alikes is on one side.

    Args:
        folder: Where the icons are written.
    """
    datasets.write_open_moji(folder)
    frame = pd.read_csv(folder / "openmoji.csv", index_col="key")
    images = data.ImageStream(
        rescale=1 / 255,
        horizontal_flip=True,
        width_shift_range=0.15,
        height_shift_range=0.15,
        rotation_range=20,
        zoom_range=0.2,
    ).flow_from_dataframe(frame, directory=folder / "icons", x_col="file", target_size=(72, 72))
    texts = data.TextProcessor(length=12, word_dropout=0.1).from_dataframe(frame, column="name")
    records = data.pair(images, texts, match=True)
    train, test = records.split_by(frame["split"], names=("train", "test"), ignore=("validation",))
    return train, test


def both_ways(records: data.Records, image: np.ndarray, text: np.ndarray) -> Scores:
    """The scores of vectors, from name to icon and from icon to name."""
    icon, name = records.labels.T
    return {
        "name to icon": analysis.retrieval_scores(text, image, name, icon),
        "icon to name": analysis.retrieval_scores(image, text, icon, name),
    }


def line(scores: dict[str, float]) -> str:
    """The scores that are shown."""
    return ", ".join(f"{key} {scores[key]:.3f}" for key in SHOWN)


def mean_line(runs: list[dict[str, float]]) -> str:
    """The means of several runs' scores."""
    return line({key: float(np.mean([scores[key] for scores in runs])) for key in SHOWN})


def run(train: data.Records, test: data.Records, seed: int, loss: str, epochs: int) -> Scores:
    """The scores from name to icon and from icon to name."""
    keras.utils.set_random_seed(seed)
    steps = epochs * (len(train) // BATCH)
    # Most words are in few rows: their mean is enough, and a GRU learns them by heart.
    words = keras.layers.Embedding(train.schema["text"].vocabulary_size, WIDTH, mask_zero=True)
    model = tasks.retriever(
        train.schema, loss=loss, encoders={"text": words}, dim=WIDTH, steps=steps, seed=seed
    )
    batches = train.batch(BATCH, training=True, seed=seed, drop_remainder=True)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    vectors = tasks.embed(model, test.schema, test.batch(256))
    return both_ways(test, vectors["image"], vectors["text"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--epochs", type=int, default=30, help="default: %(default)s")
    options = parser.parse_args()
    print(machine("keras-multimodal-fusion", "keras", "tensorflow"), flush=True)
    with tempfile.TemporaryDirectory() as home:
        train, test = icons(pathlib.Path(home) / "icons")
        print(f"{len(train)} training and {len(test)} test rows, {options.epochs} epochs")
        for loss in ("info_nce", "sig_lip"):
            found: dict[str, list[dict[str, float]]] = {}
            for seed in range(options.seeds):
                for way, scores in run(train, test, seed, loss, options.epochs).items():
                    found.setdefault(way, []).append(scores)
                    print(f"{loss}, seed {seed}, {way}: {line(scores)}", flush=True)
            for way, runs in found.items():
                print(f"{loss}, mean of {len(runs)}, {way}: {mean_line(runs)}", flush=True)


if __name__ == "__main__":
    main()
