"""Every fusion learns from two modalities what the better of them has to say, on real data."""

import zlib

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pillow

from keras_multimodal.datasets import write_open_moji
from keras_multimodal.layers import PooledFusion, fusion

SIZE, PATCH, WORDS, BUCKETS, DIM = 36, 6, 8, 2000, 32
EPOCHS, BATCH = 15, 64
# Three standard errors of an accuracy on the 476 test rows are more than that; a fusion that learns
# nothing of one of its modalities falls behind by more.
ALLOWED = 0.05


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Training and test rows of the icons: patches, numbers of words, and categories."""
    folder = write_open_moji(tmp_path_factory.mktemp("learn") / "icons", size=SIZE)
    frame = pd.read_csv(folder / "openmoji.csv")
    pictures = np.stack(
        [np.asarray(Pillow.open(folder / "icons" / file).convert("RGB")) for file in frame["file"]]
    )
    places = SIZE // PATCH
    cut = pictures.reshape(-1, places, PATCH, places, PATCH, 3).transpose(0, 1, 3, 2, 4, 5)
    patches = cut.reshape(len(frame), places**2, -1).astype("float32") / 255
    words = np.zeros((len(frame), WORDS), "int32")
    for row, name in enumerate(frame["name"]):
        numbers = [1 + zlib.crc32(word.encode()) % (BUCKETS - 1) for word in name.split()[:WORDS]]
        words[row, : len(numbers)] = numbers
    categories = frame["category"].astype("category").cat.codes.to_numpy("int32")
    rows = {part: frame["split"] == part for part in ("train", "test")}
    return {
        part: ({"image": patches[own], "text": words[own]}, categories[own])
        for part, own in rows.items()
    }


def accuracy(parts, make_vector):
    """That of a small classifier on the test rows, trained on the training rows."""
    keras.utils.set_random_seed(0)
    image = keras.Input((None, 3 * PATCH**2), name="image")
    text = keras.Input((WORDS,), dtype="int32", name="text")
    tokens = {
        "image": keras.layers.Dense(DIM, activation="relu")(image),
        "text": keras.layers.Embedding(BUCKETS, DIM, mask_zero=True)(text),
    }
    vector = keras.layers.Dropout(0.3)(make_vector(tokens))
    probabilities = keras.layers.Dense(9, activation="softmax")(vector)
    model = keras.Model({"image": image, "text": text}, probabilities)
    (x, y), (test_x, test_y) = parts["train"], parts["test"]
    model.compile(
        keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(x, y, BATCH, EPOCHS, verbose=0)
    return model.evaluate(test_x, test_y, verbose=0)[1]


@pytest.fixture(scope="module")
def better_alone(parts):
    """The accuracy of the better single modality."""
    alone = [
        accuracy(parts, lambda x, name=name: PooledFusion("mean", dim=DIM)([x[name]]))
        for name in ("image", "text")
    ]
    assert max(alone) > 2 / 9  # twice as good as guessing
    return max(alone)


@pytest.mark.slow
@pytest.mark.skipif(
    keras.backend.backend() == "jax",
    reason="minutes of training; references are compared on JAX too",
)
@pytest.mark.parametrize("name", [name for name in fusion.names() if name != "logits"])
def test_a_fusion_learns(name, parts, better_alone):
    found = accuracy(parts, PooledFusion(name, dim=DIM))
    assert found >= better_alone - ALLOWED, f"{name} {found:.3f}, alone {better_alone:.3f}"
