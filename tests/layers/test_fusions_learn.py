"""Fusions get more out of two real modalities than the better of them has to say."""

import keras
import numpy as np
import pytest
from anchor_vector import anchor_vector

from keras_multimodal.layers import LogitFusion, fusion

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        keras.backend.backend() != "tensorflow",
        reason="minutes of training; references are compared on JAX too",
    ),
    # keras: of the modality whose tokens are not read, the last block has none.
    pytest.mark.filterwarnings("ignore:Gradients do not exist"),
]
# One of each family; test_fusions_need_both.py has them all, on made-up rows.
REPRESENTATIVES = (
    "concat",
    "logits",
    "gated",
    "product_of_experts",
    "low_rank",
    "cross_attention",
    "film",
    "bottleneck",
)
PARTS, TOKENS, DIM, CLASSES = 10, 4, 32, 10
EPOCHS, BATCH, SEEDS = 10, 100, (0, 1)
# Two standard errors of the difference between two accuracies near 0.7, each of two runs on the 500
# test rows. A fusion that learns nothing of one modality is no better than the other one alone.
MORE = 0.06


def in_parts(spectrograms):
    """Ten stretches of each recording, however long it is, each band around its own mean.

    What follows the end of a recording is the spectrograms' least value.
    """
    sounds = (spectrograms > spectrograms.min() + 1e-3).any(axis=2)
    lengths = spectrograms.shape[1] - sounds[:, ::-1].argmax(axis=1)
    means = np.stack(
        [
            [part.mean(axis=0) for part in np.array_split(row[: max(length, PARTS)], PARTS)]
            for row, length in zip(spectrograms, lengths, strict=True)
        ]
    )
    return means - means.mean(axis=1, keepdims=True)


@pytest.fixture(scope="module")
def parts(shared_data):
    """Training and test rows: a picture, a recording of a speaker not heard before, the digit."""
    from benchmarks import _av_digits

    rows = {}
    for part, (pictures, spectrograms, digits) in _av_digits.read(shared_data).items():
        small = pictures.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))
        sounds = in_parts(spectrograms[..., 0])
        flat = {"image": small, "sound": sounds}
        inputs = {name: x.reshape(len(x), -1).astype("float32") for name, x in flat.items()}
        rows[part] = inputs, digits
    return rows["train"], rows["test"]


def probabilities(name, tokens):
    """Those of the classes, of the modalities fused by that name."""
    if name == "logits":
        heads = {
            key: keras.layers.Dense(CLASSES)(keras.layers.GlobalAveragePooling1D()(x))
            for key, x in tokens.items()
        }
        return keras.layers.Softmax()(LogitFusion("product")(heads))
    vector = keras.layers.Dropout(0.3)(anchor_vector(fusion.get(name), tokens))
    return keras.layers.Dense(CLASSES, activation="softmax")(vector)


def accuracy(parts, name, modalities=("image", "sound")):
    """Mean of the seeds, on the test rows, of a small classifier of these modalities."""
    (x, y), (test_x, test_y) = parts
    found = []
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        inputs = {key: keras.Input(x[key].shape[1:], name=key) for key in modalities}
        tokens = {}
        for key, flat in inputs.items():
            kept = keras.layers.Dropout(0.3)(flat)
            made = keras.layers.Dense(TOKENS * DIM, activation="relu")(kept)
            tokens[key] = keras.layers.Reshape((TOKENS, DIM))(made)
        model = keras.Model(inputs, probabilities(name, tokens))
        model.compile(
            keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", jit_compile=False
        )
        own, test_own = ({key: part[key] for key in modalities} for part in (x, test_x))
        model.fit(own, y, BATCH, EPOCHS, verbose=0)
        said = model.predict(test_own, batch_size=len(test_y), verbose=0)
        found.append(np.mean(said.argmax(axis=1) == test_y))
    return np.mean(found)


@pytest.fixture(scope="module")
def better_alone(parts):
    """The accuracy of the better single modality."""
    alone = [accuracy(parts, "mean", (name,)) for name in ("image", "sound")]
    assert min(alone) > 4 / CLASSES  # both have something to say
    return max(alone)


@pytest.mark.parametrize("name", REPRESENTATIVES)
def test_a_fusion_is_better_than_the_better_modality(name, parts, better_alone):
    found = accuracy(parts, name)
    assert found > better_alone + MORE, f"{name} {found:.3f}, alone {better_alone:.3f}"
