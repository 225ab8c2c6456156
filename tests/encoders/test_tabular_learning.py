"""The encoder learns from real columns, and what a linear model of the same columns cannot."""

import keras
import numpy as np
import pytest

from keras_multimodal.encoders import TabularEncoder
from keras_multimodal.layers import MaskedMeanPooling

NUMERIC = ["Age", "Rating", "Positive Feedback Count"]
CATEGORICAL = ["Division Name", "Department Name", "Class Name"]


def accuracy(model, inputs, labels):
    predicted = np.argmax(model.predict(inputs, batch_size=1024, verbose=0), axis=-1)
    return float(np.mean(predicted == labels))


def train(model, inputs, labels, epochs, rate):
    model.compile(
        keras.optimizers.Adam(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    model.fit(inputs, labels, batch_size=256, epochs=epochs, verbose=0)
    return model


def encoder_model(counts, numeric, **options):
    """The mean of the columns' tokens, and a dense layer."""
    inputs = [keras.Input((len(counts),), dtype="int32")]
    if numeric:
        inputs = [
            keras.Input((numeric,)),
            *inputs,
            keras.Input((numeric + len(counts),), dtype="bool"),
        ]
    tokens = TabularEncoder(numeric, counts, **options)(inputs if numeric else inputs[0])
    return keras.Model(inputs, keras.layers.Dense(2)(MaskedMeanPooling()(tokens)))


def linear_model(width):
    inputs = keras.Input((width,))
    return keras.Model(inputs, keras.layers.Dense(2)(inputs))


@pytest.mark.slow
def test_it_learns_from_real_columns(shared_data):
    """`Recommended IND` of the reviews, 30 of 100 cells missing, the rating's among them."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_parquet(shared_data / "reviews.parquet")
    rng = np.random.default_rng(0)
    frame = frame.iloc[rng.permutation(len(frame))[:12_000]]
    labels = frame["Recommended IND"].to_numpy()
    train_rows, test_rows = slice(0, 9_000), slice(9_000, None)
    numbers = frame[NUMERIC].to_numpy("float64")
    numbers = (numbers - numbers[train_rows].mean(0)) / numbers[train_rows].std(0)
    ids, counts = [], []
    for name in CATEGORICAL:
        known = sorted(frame[name].iloc[train_rows].dropna().unique())
        codes = pandas.Categorical(frame[name], categories=known).codes
        ids.append(np.where(codes >= 0, codes + 2, np.where(frame[name].isna(), 0, 1)))
        counts.append(len(known) + 2)
    there = rng.random((len(frame), len(NUMERIC) + len(CATEGORICAL))) > 0.3
    numbers = np.where(there[:, :3], numbers, 0).astype("float32")
    ids = np.where(there[:, 3:], np.stack(ids, 1), 0).astype("int32")
    inputs = [numbers, ids, there]
    one_hot = [np.eye(count)[column] for count, column in zip(counts, ids.T, strict=True)]
    flat = np.concatenate([numbers, ~there[:, :3], *one_hot], axis=1).astype("float32")

    keras.utils.set_random_seed(0)
    linear = train(linear_model(flat.shape[1]), flat[train_rows], labels[train_rows], 15, 0.01)
    baseline = accuracy(linear, flat[test_rows], labels[test_rows])
    majority = max(np.mean(labels[test_rows]), 1 - np.mean(labels[test_rows]))
    options = {"dim": 16, "num_layers": 1, "missing": "token"}
    model = encoder_model(counts, len(NUMERIC), **options)
    train(model, [x[train_rows] for x in inputs], labels[train_rows], 6, 0.003)
    found = accuracy(model, [x[test_rows] for x in inputs], labels[test_rows])
    assert found > majority + 0.03
    assert found > baseline - 0.01


@pytest.mark.slow
def test_it_learns_what_no_linear_model_can():
    """Whether two made-up categories are of the same parity: each alone says nothing."""
    rng = np.random.default_rng(1)
    ids = rng.integers(2, 8, (3_000, 2)).astype("int32")
    labels = (ids.sum(1) % 2).astype("int32")
    one_hot = np.eye(8, dtype="float32")[ids].reshape(len(ids), -1)
    keras.utils.set_random_seed(0)
    linear = train(linear_model(16), one_hot[:2_000], labels[:2_000], 15, 0.01)
    assert accuracy(linear, one_hot[2_000:], labels[2_000:]) < 0.6
    model = encoder_model((8, 8), 0, dim=16, num_layers=1)
    train(model, ids[:2_000], labels[:2_000], 40, 0.003)
    assert accuracy(model, ids[2_000:], labels[2_000:]) > 0.98
