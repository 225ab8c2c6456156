"""A voice that `SpectrogramEncoder` has not heard: `python -m benchmarks.audio_encoder --data DIR`.

Spoken digits of six speakers (`fsdd.zip`), leaving one speaker out at a time: the encoder, the mean
of its tokens and a dense layer, trained on the recordings of the other five, with recordings moved
in time, bands of the spectrogram hidden and noise. Beside it logistic regression on mean and
deviation of each log-mel band over the same recording. Printed is the accuracy on the speaker's 500
recordings.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks._spoken_digits import RATE, SAMPLES, read_spoken_digits
from benchmarks._timing import machine
from keras_multimodal import layers
from keras_multimodal.encoders import SpectrogramEncoder

BATCH = 64
# At most this many samples earlier or later in training, and the noise's deviation.
MOVE, NOISE = 800, 0.002


def mask_of(lengths: np.ndarray) -> np.ndarray:
    """True where a sample is the recording's."""
    return np.arange(SAMPLES) < lengths[:, None]


def moved(
    samples: np.ndarray, lengths: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The recordings with a little silence before them or without their beginning, with noise."""
    moves = generator.integers(-MOVE, MOVE + 1, size=len(samples))
    places = np.arange(SAMPLES) - moves[:, None]
    inside = (places >= 0) & (places < SAMPLES)
    rows = np.take_along_axis(samples, np.clip(places, 0, SAMPLES - 1), axis=1) * inside
    noise = generator.normal(scale=NOISE, size=rows.shape).astype("float32")
    return rows + noise, mask_of(np.clip(lengths + moves, 1, SAMPLES))


def encoder_accuracy(
    train: tuple[np.ndarray, ...], test: tuple[np.ndarray, ...], seed: int, epochs: int
) -> float:
    """Test accuracy of the encoder with a dense layer."""
    keras.utils.set_random_seed(seed)
    generator = np.random.default_rng(seed)
    inputs = [keras.Input((SAMPLES,)), keras.Input((SAMPLES,), dtype="bool")]
    tokens = SpectrogramEncoder(
        64, sample_rate=RATE, filters=(16, 32, 64), band_dropout=0.25, dropout=0.2
    )(inputs)
    vector = keras.layers.Dropout(0.3)(layers.MaskedMeanPooling()(tokens))
    model = keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(vector))
    samples, lengths, digits = train
    steps = epochs * -(-len(samples) // BATCH)
    model.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(4e-3, steps), weight_decay=0.05
        ),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    for _ in range(epochs):
        model.fit(list(moved(samples, lengths, generator)), digits, BATCH, verbose=0)
    samples, lengths, digits = test
    return model.evaluate([samples, mask_of(lengths)], digits, verbose=0)[1]


def statistics(samples: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Mean and deviation of each log-mel band while the recording lasts, `(rows, 80)`."""
    mel = keras.layers.MelSpectrogram(
        fft_length=256,
        sequence_stride=128,
        sampling_rate=RATE,
        num_mel_bins=40,
        power_to_db=False,
    )
    rows = []
    for wave, length in zip(samples, lengths, strict=True):
        bands = np.log(np.asarray(mel(wave[None, :length]))[0] + 1e-6)  # (bands, frames)
        rows.append(np.concatenate([bands.mean(axis=1), bands.std(axis=1)]))
    return np.stack(rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder of fsdd.zip")
    parser.add_argument("--epochs", type=int, default=20, help="default: %(default)s")
    options = parser.parse_args()
    print(machine("keras-multimodal-fusion", "keras", "tensorflow", "scikit-learn"))
    spoken = read_spoken_digits(options.data / "fsdd.zip")
    features = statistics(spoken.samples, spoken.lengths)
    found, linear = [], []
    for seed, speaker in enumerate(sorted(set(spoken.speakers))):
        test = spoken.speakers == speaker
        parts = [
            (spoken.samples[rows], spoken.lengths[rows], spoken.digits[rows])
            for rows in (~test, test)
        ]
        found.append(encoder_accuracy(*parts, seed, options.epochs))
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
        model.fit(features[~test], spoken.digits[~test])
        linear.append(float(model.score(features[test], spoken.digits[test])))
        print(f"{speaker:10} encoder {found[-1]:.3f} | linear {linear[-1]:.3f}", flush=True)
    print(f"{'mean':10} encoder {np.mean(found):.3f} | linear {np.mean(linear):.3f}")


if __name__ == "__main__":
    main()
