"""What networks that have learned before are worth: `python -m benchmarks.pretrained_accuracy`.

The demo's icons and names, by category. Heads on the features of EfficientNet-Lite0 and of MiniLM,
frozen, alone and fused; beside them the demo's models, trained from scratch. Printed is the
accuracy on the test rows: for each seed, and as a mean with its 95% interval, of which the rows are
counted once.
"""

import argparse
import os
import pathlib
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from benchmarks import _pretrained_icons as icons
from benchmarks._timing import machine
from keras_multimodal import analysis, data, demo

EPOCHS, BATCH, RATE = 30, 32, 2e-3
HEADS = {"picture": ("image",), "name": ("text",), "both": ("image", "text")}


def head_accuracy(
    train: data.Records, test: data.Records, seed: int, epochs: int = EPOCHS
) -> float:
    """Test accuracy of a head on features."""
    model = icons.head(train.schema, seed)
    steps = epochs * -(-len(train) // BATCH)
    model.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(RATE, steps), weight_decay=0.05
        ),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    batches = train.batch(BATCH, training=True, seed=seed)
    model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
    return model.evaluate(test.batch(BATCH), verbose=0)[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="default: %(default)s")
    options = parser.parse_args()
    print(machine("keras-multimodal-fusion", "keras", "keras-hub", "tensorflow"))
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        records, parts = icons.read()
        cached = data.cache_features(records, icons.networks(), folder, verbose=False)
        train, _, test = cached.split_by(parts)
        for seed in range(options.seeds):
            for name, modalities in HEADS.items():
                accuracy = head_accuracy(
                    train.select_modalities(*modalities), test.select_modalities(*modalities), seed
                )
                found.setdefault(f"{name}, pretrained", []).append(accuracy)
                print(f"seed {seed}: {name}, pretrained {accuracy:.3f}", flush=True)
        for seed in range(options.seeds):
            run = demo.run(pathlib.Path(folder, f"demo-{seed}"), seed=seed)
            for name, modality in (("picture", "image"), ("name", "text"), ("both", "fused")):
                accuracy = run["test_accuracy"][modality]
                found.setdefault(f"{name}, from scratch", []).append(accuracy)
    print(f"\n{options.seeds} seeds, {len(test)} test rows")
    for name, values in found.items():
        mean = float(np.mean(values))
        low, high = analysis.accuracy_interval(round(mean * len(test)), len(test))
        print(f"{name:24} {mean:.3f} [{low:.3f}, {high:.3f}]  {[round(v, 3) for v in values]}")


if __name__ == "__main__":
    main()
