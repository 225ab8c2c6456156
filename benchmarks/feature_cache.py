"""Epochs with frozen encoders in the model, and on their features: `-m benchmarks.feature_cache`.

Two models that start alike are trained on the demo's icons and names: one has EfficientNet-Lite0
and MiniLM in front, frozen, and runs them in each epoch; the other is trained on what
`cache_features` kept. They take turns of some epochs, the first of which is not counted. Printed
are the medians of their seconds, validation included, and the validation accuracy and loss of both.
"""

import argparse
import os
import pathlib
import statistics
import tempfile
import time
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras

from benchmarks import _pretrained_icons as icons
from benchmarks._timing import machine
from keras_multimodal import data, tasks

BATCH = 32


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, help="folder of the icons")
    parser.add_argument("--epochs", type=int, default=4, help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=2, help="default: %(default)s")
    options = parser.parse_args()
    print(machine("keras-multimodal-fusion", "keras", "keras-hub", "tensorflow"))
    records, parts = icons.read(options.data)
    networks = icons.networks()
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        cached = data.cache_features(records, networks, folder, verbose=False)
        print(f"{len(records)} rows encoded once in {time.perf_counter() - start:.1f} s")
        models = {
            "networks": tasks.attach_encoders(
                icons.head(cached.schema, seed=0), networks, records.schema
            ),
            "features": icons.head(cached.schema, seed=0),
        }
        rows = {
            "networks": records.split_by(parts)[:2],
            "features": cached.split_by(parts)[:2],
        }
        batches = {}
        for name, model in models.items():
            model.compile(
                keras.optimizers.AdamW(1e-3),
                "sparse_categorical_crossentropy",
                metrics=["accuracy"],
            )
            train, validation = rows[name]
            batches[name] = train.batch(BATCH, training=True), validation.batch(BATCH)
        seconds: dict[str, list[float]] = {name: [] for name in models}
        for _ in range(options.rounds):
            for name, model in models.items():
                train, validation = batches[name]
                clock = EpochTimes()
                history = model.fit(
                    train,
                    validation_data=validation,
                    epochs=options.epochs,
                    shuffle=False,
                    verbose=0,
                    callbacks=[clock],
                ).history
                seconds[name] += clock.seconds[1:]
                for epoch, own in enumerate(clock.seconds):
                    print(
                        f"{name}: {own:6.2f} s, validation accuracy "
                        f"{history['val_accuracy'][epoch]:.4f}, loss "
                        f"{history['val_loss'][epoch]:.4f}",
                        flush=True,
                    )
    medians = {name: statistics.median(own) for name, own in seconds.items()}
    print(
        f"median epoch: {medians['networks']:.2f} s with the networks, {medians['features']:.2f} s "
        f"on their features: {medians['networks'] / medians['features']:.1f} times as fast"
    )


class EpochTimes(keras.callbacks.Callback):
    """The seconds of each epoch, validation included."""

    def on_train_begin(self, logs: Any = None) -> None:
        """Forget what was before."""
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock."""
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop it."""
        self.seconds.append(time.perf_counter() - self._start)


if __name__ == "__main__":
    main()
