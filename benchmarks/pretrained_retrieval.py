"""How well icons are found by their names, by what networks have learned before:
`python -m benchmarks.pretrained_retrieval`.

The OpenMoji icons and their names, in the demo's split, read by EfficientNet-Lite0 and MiniLM,
frozen, their features kept. By `tasks.retriever` the picture's learn by two layers, and by
contrast, to be where the name's are, which are but normalised: MiniLM's space knows more of words
than 1,141 names can say. Beside it ridge regression from the picture's features (their mean over
the places) to the name's, compared by the cosine around the training names' mean; its penalty is
the best of a grid on the validation rows. The retriever's recipe was chosen by cross-validation on
the training and validation rows. Printed is recall at 1, 5 and 10 over the test rows, from name to
icon and back; `--validation` prints it over the validation rows instead, and leaves the test rows
unread.
"""

import argparse
import os
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from benchmarks import _pretrained_icons as icons
from benchmarks._timing import machine
from benchmarks.retrieval import Scores, both_ways, line, mean_line
from keras_multimodal import data, layers, tasks
from keras_multimodal.ops import l2_normalize

EPOCHS, RATE, TEMPERATURE = 60, 2e-3, 0.1
HIDDEN, DROPOUT = 1024, 0.5
AT_ONCE = 256  # rows, where nothing is learned
PENALTIES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)  # in hundredths of the features' variance


def heads(train: data.Records, other: data.Records, seed: int) -> Scores:
    """The pictures learn, by contrast, where their names are, which stay where they are."""
    keras.utils.set_random_seed(seed)
    units = train.schema["text"].shape[-1]
    image = keras.Sequential(
        [
            keras.layers.LayerNormalization(),
            keras.layers.Dropout(DROPOUT, seed=seed),
            keras.layers.Dense(HIDDEN, "gelu"),
            keras.layers.Dropout(DROPOUT, seed=seed + 1),
            keras.layers.Dense(units),
        ]
    )
    model = tasks.retriever(
        train.schema,
        projections={"image": image, "text": keras.layers.LayerNormalization()},
        units=units,
        temperature=TEMPERATURE,
        learning_rate=RATE,
        steps=EPOCHS,
        seed=seed,
    )
    # All rows are one batch: the more wrong answers, the better.
    batches = train.batch(len(train), training=True, seed=seed)
    model.fit(batches, epochs=EPOCHS, shuffle=False, verbose=0)
    vectors = tasks.embed(model, other.schema, other.batch(AT_ONCE))
    return both_ways(other, vectors["image"], vectors["text"])


def ridge(train: data.Records, validation: data.Records, other: data.Records) -> Scores:
    """Ridge regression from picture to name, its penalty chosen on the validation rows."""
    x, y = (means(train, name) for name in ("image", "text"))
    x_mean, y_mean = x.mean(0), y.mean(0)
    covariance = (x - x_mean).T @ (x - x_mean) / len(x)
    shared = (x - x_mean).T @ (y - y_mean) / len(x)

    def scores(penalty: float, records: data.Records) -> Scores:
        added = penalty * np.trace(covariance) / 100 * np.eye(len(covariance))
        weights = np.linalg.solve(covariance + added, shared)
        vectors = (means(records, "image") - x_mean) @ weights, means(records, "text") - y_mean
        return both_ways(records, *(keras.ops.convert_to_numpy(l2_normalize(v)) for v in vectors))

    found = {
        penalty: scores(penalty, validation)["name to icon"]["recall@10"] for penalty in PENALTIES
    }
    return scores(max(found, key=found.__getitem__), other)


def means(records: data.Records, name: str) -> np.ndarray:
    """The mean of each row's tokens."""
    pool = layers.MaskedMeanPooling()
    rows = [
        keras.ops.convert_to_numpy(pool(batch[name], mask=batch[f"{name}_mask"]))
        for batch, _ in records.batch(AT_ONCE)
    ]
    return np.concatenate(rows).astype("float64")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--validation", action="store_true", help="leave the test rows unread")
    options = parser.parse_args()
    print(machine("keras-multimodal-fusion", "keras", "keras-hub", "tensorflow"), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        records, parts = icons.read(match=True)
        cached = data.cache_features(records, icons.networks(), folder, verbose=False)
        train, validation, test = cached.split_by(parts)
        other = validation if options.validation else test
        print(f"{len(train)} training rows, measured on {len(other)}", flush=True)
        for way, scores in ridge(train, validation, other).items():
            print(f"ridge regression, {way}: {line(scores)}", flush=True)
        found: dict[str, list[dict[str, float]]] = {}
        for seed in range(options.seeds):
            for way, scores in heads(train, other, seed).items():
                found.setdefault(way, []).append(scores)
                print(f"heads, seed {seed}, {way}: {line(scores)}", flush=True)
        for way, runs in found.items():
            print(f"heads, mean of {len(runs)}, {way}: {mean_line(runs)}", flush=True)


if __name__ == "__main__":
    main()
