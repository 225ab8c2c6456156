"""What each fusion gets right, by name: `python -m benchmarks.fusion_accuracy open_moji`.

`open_moji` is the demo's icons and names; `av_digits` pairs pictures and recordings of digits (it
needs the folder of `mnist.zip` and `fsdd.zip`). For each seed an encoder of each modality is
trained alone, with the mean of its tokens and a dense layer. What the encoders then make of the
training rows, in ten augmented epochs, is what every fusion is trained on, with a
dense layer behind it, for the same number of steps and at the same rate; late fusions take the
single models' logarithms of probabilities. Printed is the accuracy on the test rows, as a mean over
the seeds, beside that of the better single modality.
"""

import argparse
import dataclasses
import os
import pathlib
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from benchmarks import _av_digits
from benchmarks._timing import machine
from keras_multimodal import encoders, layers
from keras_multimodal.demo.icon_records import find_icons, read_icons
from keras_multimodal.demo.models import single_model
from keras_multimodal.layers import fusion

DIM, BATCH = 64, 64
LATE = ("mean", "product", "learned", "confidence")
# Augmented epochs that the encoders read for the fusions.
PASSES = 10
# Epochs of each single model, and its learning rate.
ICONS = {"image": (20, 4e-3), "text": (20, 2e-3)}
DIGITS = {"audio": (25, 4e-3), "image": (25, 4e-3)}


@dataclasses.dataclass(frozen=True)
class Tokens:
    """What the single models make of some rows, by modality, and the rows' classes."""

    tokens: dict[str, np.ndarray]
    logits: dict[str, np.ndarray]
    classes: np.ndarray

    def feed(self) -> dict[str, np.ndarray]:
        """What the models of `fused_model` take; an encoder's tokens are zero where masked."""
        masks = {f"{name}_mask": x.any(axis=-1) for name, x in self.tokens.items()}
        logits = {f"{name}_logits": x for name, x in self.logits.items()}
        return {**self.tokens, **masks, **logits}


def compile_model(model: keras.Model, steps: int, rate: float, logits: bool = False) -> None:
    """For classification, at a rate that falls to zero."""
    model.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(rate, steps), weight_decay=0.05
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=logits),
        metrics=["accuracy"],
    )


def icons(seed: int, folder: pathlib.Path | None) -> tuple[Tokens, Tokens, dict[str, float]]:
    """Training and test tokens of the icons, and the accuracy of the single models."""
    train, _, test = read_icons(find_icons(folder))
    accuracy, tokenizers = {}, {}
    for name, (epochs, rate) in ICONS.items():
        keras.utils.set_random_seed(seed)
        rows = train.select_modalities(name)
        model = single_model(rows.schema)
        compile_model(model, epochs * -(-len(rows) // BATCH), rate)
        batches = rows.batch(BATCH, training=True, seed=seed)
        model.fit(batches, epochs=epochs, shuffle=False, verbose=0)
        accuracy[name] = model.evaluate(test.select_modalities(name).batch(BATCH), verbose=0)[1]
        encoder = model.get_layer(f"{name}_encoder")
        tokenizers[name] = keras.Model(model.inputs, [encoder.output, model.output])

    def encode(batches: Any, epochs: int) -> Tokens:
        parts: list[tuple[Any, dict[str, tuple[Any, Any]]]] = []
        for _ in range(epochs):
            for batch, target in batches:
                made = {}
                for name, model in tokenizers.items():
                    tokens, probabilities = model([batch[x.name] for x in model.inputs])
                    made[name] = (np.asarray(tokens), np.log(probabilities))
                parts.append((target, made))
        tokens, logits = (
            {name: np.concatenate([made[name][i] for _, made in parts]) for name in tokenizers}
            for i in range(2)
        )
        return Tokens(tokens, logits, np.concatenate([target for target, _ in parts]))

    augmented = encode(train.batch(BATCH, training=True, seed=seed), PASSES)
    return augmented, encode(test.batch(BATCH), 1), accuracy


def digits(seed: int, folder: pathlib.Path | None) -> tuple[Tokens, Tokens, dict[str, float]]:
    """Training and test tokens of the digits, and the accuracy of the single models."""
    if folder is None:
        raise SystemExit("av_digits needs --data, the folder of mnist.zip and fsdd.zip")
    parts = _av_digits.read(folder)
    rows = {part: {"image": x[0], "audio": x[1]} for part, x in parts.items()}
    classes = {part: x[2] for part, x in parts.items()}
    generator = np.random.default_rng(seed)
    accuracy: dict[str, float] = {}
    made: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]] = {"train": {}, "test": {}}
    for name, (epochs, rate) in DIGITS.items():
        keras.utils.set_random_seed(seed)
        inputs = keras.Input(rows["train"][name].shape[1:])
        encoded = encoders.ConvImageEncoder(DIM, filters=(16, 32, 64), dropout=0.2)(inputs)
        vector = keras.layers.Dropout(0.3)(keras.layers.GlobalAveragePooling1D()(encoded))
        model = keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(vector))
        compile_model(model, epochs * -(-len(classes["train"]) // BATCH), rate)
        for _ in range(epochs):
            augmented = _av_digits.augment(rows["train"][name], generator)
            model.fit(augmented, classes["train"], BATCH, verbose=0)
        accuracy[name] = model.evaluate(rows["test"][name], classes["test"], verbose=0)[1]
        encoder = keras.Model(inputs, [encoded, model.output])
        passes = [_av_digits.augment(rows["train"][name], generator) for _ in range(PASSES)]
        made["train"][name] = encoder.predict(np.concatenate(passes), verbose=0)
        made["test"][name] = encoder.predict(rows["test"][name], verbose=0)
    classes["train"] = np.tile(classes["train"], PASSES)
    train, test = (
        Tokens(
            {name: tokens for name, (tokens, _) in made[part].items()},
            {name: np.log(made[part][name][1] + 1e-7) for name in made[part]},
            classes[part],
        )
        for part in ("train", "test")
    )
    return train, test, accuracy


def fused_model(name: str, tokens: dict[str, np.ndarray], classes: int) -> keras.Model:
    """A classifier of the encoders' tokens, fused by that name; `logits MODE` is late fusion."""
    inputs = {key: keras.Input(x.shape[1:], name=key) for key, x in tokens.items()}
    masks = {
        key: keras.Input(x.shape[1:2], dtype="bool", name=f"{key}_mask")
        for key, x in tokens.items()
    }
    logits = {key: keras.Input((classes,), name=f"{key}_logits") for key in tokens}
    if name.startswith("logits"):
        present = {key: keras.ops.any(mask, axis=1) for key, mask in masks.items()}
        output = layers.LogitFusion(mode=name.split()[1])(logits, mask=present)
    else:
        vector = layers.PooledFusion(name, dim=DIM)(inputs, mask=masks)
        output = keras.layers.Dense(classes)(keras.layers.Dropout(0.3)(vector))
    return keras.Model([*inputs.values(), *masks.values(), *logits.values()], output)


def accuracy_of(name: str, train: Tokens, test: Tokens, seed: int) -> float:
    """The test accuracy of that fusion."""
    keras.utils.set_random_seed(seed)
    model = fused_model(name, train.tokens, int(train.classes.max()) + 1)
    compile_model(model, -(-len(train.classes) // BATCH), 2e-3, logits=True)
    model.fit(train.feed(), train.classes, BATCH, verbose=0)
    return model.evaluate(test.feed(), test.classes, verbose=0)[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=("open_moji", "av_digits"))
    parser.add_argument("--data", type=pathlib.Path, help="folder of the data")
    parser.add_argument("--seeds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--names", nargs="*")
    options = parser.parse_args()
    names = options.names or [
        *(name for name in fusion.names() if name != "logits"),
        *(f"logits {mode}" for mode in LATE),
    ]
    make = icons if options.task == "open_moji" else digits
    print(machine("keras-multimodal-fusion", "keras", "tensorflow"))
    singles: list[dict[str, float]] = []
    found: dict[str, list[float]] = {name: [] for name in names}
    for seed in range(options.seeds):
        train, test, accuracy = make(seed, options.data)
        singles.append(accuracy)
        print(f"seed {seed}: alone {accuracy}", flush=True)
        for name in names:
            found[name].append(accuracy_of(name, train, test, seed))
            print(f"seed {seed}: {name} {found[name][-1]:.3f}", flush=True)
    means = {name: float(np.mean([own[name] for own in singles])) for name in singles[0]}
    best = max(means.values())
    print(f"\n{options.task}: {options.seeds} seeds, {len(test.classes)} test rows")
    print(f"{'':28} {'accuracy':>8} {'to better single':>17}")
    for name, value in means.items():
        print(f"{name + ' alone':28} {value:8.3f}")
    for name, values in found.items():
        mean = float(np.mean(values))
        short = "" if mean >= best - 0.02 else "  falls short"
        print(f"{name:28} {mean:8.3f} {mean - best:+17.3f}{short}")


if __name__ == "__main__":
    main()
