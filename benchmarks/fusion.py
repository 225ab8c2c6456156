"""What each fusion costs, by name: `python -m benchmarks.fusion`.

Two, three and five modalities of 32 tokens, and three of 128, all 64 wide, in batches of 32; a step
of training of a classifier made of the fusion and a dense layer, by `train_on_batch` with
`jit_compile=True`. The fusions take turns, the first two steps are thrown away, and medians are
printed with their ratio to concatenation. Memory is what the process' peak grows by in a step,
above what it holds between steps, in another process: oneDNN, which is fast, keeps what it has once
had. Parameters are those of the fusion.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from benchmarks._timing import machine, medians, peak
from keras_multimodal.layers import LogitFusion, PooledFusion, fusion

DIM, BATCH, CLASSES = 64, 32, 10
# Modalities, and the tokens of each.
SHAPES = ((2, 32), (3, 32), (5, 32), (3, 128))


def classifier(name: str, modalities: int, length: int) -> keras.Model:
    """A classifier of modalities of tokens, fused by that name."""
    inputs = [keras.Input((length, DIM), name=f"modality{m}") for m in range(modalities)]
    if name == "logits":
        pooled = [keras.layers.GlobalAveragePooling1D()(x) for x in inputs]
        logits = LogitFusion()([keras.layers.Dense(CLASSES)(x) for x in pooled])
    else:
        logits = keras.layers.Dense(CLASSES)(PooledFusion(name)(inputs))
    model = keras.Model(inputs, logits)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, jit_compile=True)
    return model


def step_of(model: keras.Model, modalities: int, length: int) -> Callable[[], Any]:
    """One step of training."""
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(BATCH, length, DIM)).astype("float32") for _ in range(modalities)]
    y = rng.integers(0, CLASSES, BATCH)
    return lambda: model.train_on_batch(x, y)


def memory(names: Sequence[str], modalities: int, length: int) -> dict[str, float]:
    """MiB by which the process grows in a step, by name, measured in a process without oneDNN."""
    command = [sys.executable, "-m", "benchmarks.fusion", "--memory", str(modalities), str(length)]
    process = subprocess.run(
        [*command, "--names", *names],
        env={**os.environ, "TF_ENABLE_ONEDNN_OPTS": "0"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(process.stdout.splitlines()[-1])


def memory_here(names: Sequence[str], modalities: int, length: int) -> dict[str, float]:
    """The same, in this process."""
    found = {}
    for name in names:
        step = step_of(classifier(name, modalities, length), modalities, length)
        step()
        found[name] = peak(step)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="default: %(default)s")
    parser.add_argument("--names", nargs="*", default=fusion.names())
    parser.add_argument("--memory", nargs=2, type=int, help="used by the other process: a shape")
    options = parser.parse_args()
    if options.memory:
        print(json.dumps(memory_here(options.names, *options.memory)))
        return
    print(machine("keras-multimodal-fusion", "keras", "tensorflow"))
    for modalities, length in SHAPES:
        steps, parameters, refused = {}, {}, {}
        for name in options.names:
            try:
                model = classifier(name, modalities, length)
            except ValueError as error:
                refused[name] = str(error)
                continue
            steps[name] = step_of(model, modalities, length)
            parameters[name] = model.count_params() - model.layers[-1].count_params()
        seconds = medians(steps, options.rounds)
        grown = memory(tuple(steps), modalities, length)
        reference = seconds.get("concat", next(iter(seconds.values())))
        print(f"\n{modalities} modalities of {length} tokens")
        print(f"{'':26} {'ms':>7} {'of concat':>10} {'parameters':>11} {'MiB':>6}")
        for name, own in seconds.items():
            cells = f"{own * 1e3:7.1f} {own / reference:10.2f} {parameters[name]:11,}"
            print(f"{name:26} {cells} {grown[name]:6.1f}", flush=True)
        for name, message in refused.items():
            print(f"{name:26} refused: {message}")


if __name__ == "__main__":
    main()
