"""Encoders of series and recordings learn what they are for, on real data."""

import io
import wave
import zipfile

import keras
import numpy as np
import pytest

from keras_multimodal.encoders import ConvSensorEncoder, SpectrogramEncoder
from keras_multimodal.layers import MaskedMeanPooling

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        keras.backend.backend() != "tensorflow",
        reason="minutes of training; equations are compared on JAX too",
    ),
]


def train(model, x, y, epochs, rate, batch, augment=lambda x: x):
    """Train for classification, at a rate that falls to zero."""
    schedule = keras.optimizers.schedules.CosineDecay(rate, epochs * -(-len(y) // batch))
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=0.05),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    for _ in range(epochs):
        model.fit(augment(x), y, batch, verbose=0)


def classifier(inputs, tokens, classes):
    vector = keras.layers.Dropout(0.3)(MaskedMeanPooling()(tokens))
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(vector))


def read_motions(path, part):
    """Series `(rows, 100, 6)` and the names of their classes, of sktime's text format."""
    with zipfile.ZipFile(path) as archive:
        lines = archive.read(f"BasicMotions_{part}.ts").decode().splitlines()
    rows = [line.split(":") for line in lines if line and line[0] not in "#@"]
    series = [[[float(x) for x in channel.split(",")] for channel in row[:-1]] for row in rows]
    return np.swapaxes(np.array(series, "float32"), 1, 2), np.array([row[-1] for row in rows])


def test_motions_are_told_apart(shared_data):
    """Of 40 series, by 40 others; the nearest neighbour gets 0.600, with time warping 0.975."""
    (x, y), (x_test, y_test) = (
        read_motions(shared_data / "basic_motions.zip", part) for part in ("TRAIN", "TEST")
    )
    names = np.unique(y)
    mean, std = x.mean(axis=(0, 1)), x.std(axis=(0, 1))
    keras.utils.set_random_seed(0)
    inputs = keras.Input(x.shape[1:])
    encoder = ConvSensorEncoder(64, filters=(32, 64), dropout=0.2)
    model = classifier(inputs, encoder(inputs), len(names))
    train(model, (x - mean) / std, np.searchsorted(names, y), 60, 2e-3, 8)
    probabilities = model.predict((x_test - mean) / std, verbose=0)
    assert np.mean(names[probabilities.argmax(axis=1)] == y_test) >= 0.95


def read_digits(path, samples=8000):
    """Samples, the mask of what is recorded, digits and speakers."""
    rows, lengths, digits, speakers = [], [], [], []
    with zipfile.ZipFile(path) as archive:
        for name in sorted(n for n in archive.namelist() if n.endswith(".wav")):
            digit, speaker, take = name.split("/")[-1].removesuffix(".wav").split("_")
            if int(take) % 2:
                continue  # half of them are enough
            with wave.open(io.BytesIO(archive.read(name))) as file:
                data = np.frombuffer(file.readframes(samples), "<i2")
            rows.append(np.pad(data / np.float32(32768), (0, samples - len(data))))
            lengths.append(len(data))
            digits.append(int(digit))
            speakers.append(speaker)
    there = np.arange(samples) < np.array(lengths)[:, None]
    return np.stack(rows), there, np.array(digits), np.array(speakers)


def band_statistics(encoder, samples, there):
    """Mean and deviation of each band's logarithm while the recording lasts."""
    bands = keras.ops.convert_to_numpy(encoder._spectrogram(samples))
    frames = there[:, :: encoder._spectrogram.hop][..., None]
    count = frames.sum(axis=1)
    mean = np.sum(bands * frames, axis=1) / count
    variance = np.sum((bands - mean[:, None]) ** 2 * frames, axis=1) / count
    return np.concatenate([mean, np.sqrt(variance)], axis=1)


def test_digits_of_a_voice_never_heard(shared_data):
    """Against logistic regression on the bands' statistics."""
    samples, there, digits, speakers = read_digits(shared_data / "fsdd.zip")
    test = speakers == "george"
    keras.utils.set_random_seed(0)
    inputs = [keras.Input((8000,)), keras.Input((8000,), dtype="bool")]
    encoder = SpectrogramEncoder(
        64, sample_rate=8000, filters=(16, 32, 64), band_dropout=0.25, dropout=0.2
    )
    model = classifier(inputs, encoder(inputs), 10)
    generator = np.random.default_rng(0)

    def later(x):
        """The recordings after up to a tenth of a second of silence."""
        moves = [generator.integers(800) for _ in x[0]]
        return [
            np.stack([np.roll(row, move) for row, move in zip(part, moves, strict=True)])
            for part in x
        ]

    train(model, [samples[~test], there[~test]], digits[~test], 15, 4e-3, 32, later)
    found = model.evaluate([samples[test], there[test]], digits[test], verbose=0)[1]

    features = band_statistics(encoder, samples, there)
    features = (features - features[~test].mean(axis=0)) / features[~test].std(axis=0)
    linear = keras.Sequential([keras.Input((80,)), keras.layers.Dense(10, activation="softmax")])
    train(linear, features[~test], digits[~test], 60, 1e-2, 32)
    assert linear.evaluate(features[~test], digits[~test], verbose=0)[1] > 0.9
    baseline = linear.evaluate(features[test], digits[test], verbose=0)[1]
    assert found > baseline + 0.1
