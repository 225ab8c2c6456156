"""How long the first batch of a process takes: `python -m benchmarks.first_batch`.

64 JPEGs of 256x256 with captions become one batch: 224x224 float32, flipped, and 32 token ids; ours
too with shifts and rotation. Each variant is a Python process of its own, which has imported all it
needs before the clock starts; then it makes the pipeline and takes its batch, twice. The variants
take turns, the first round is thrown away, and the medians are printed with their ratio to Keras'
`image_dataset_from_directory`, in CPU seconds: the time that others take from the cores isn't in
them.
"""

import argparse
import contextlib
import io
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from typing import Any

import pandas as pd

from benchmarks import data_pipeline
from benchmarks._timing import machine

PEER = "image_dataset_from_directory, flips"
VARIANTS: dict[str, Callable[[pd.DataFrame, pathlib.Path], Callable[[], int]]] = {
    PEER: data_pipeline.image_dataset,
    "ours, flips": lambda frame, folder: data_pipeline.ours(frame, folder, **data_pipeline.FLIPS),
    "ours, flips, shifts, rotation": lambda frame, folder: data_pipeline.ours(
        frame, folder, **data_pipeline.MOVES
    ),
    "ImageDataGenerator, flips": lambda frame, folder: data_pipeline.image_data_generator(
        frame, folder, **data_pipeline.FLIPS
    ),
}
FRAME = "frame.json"


def batches(name: str, folder: pathlib.Path) -> list[tuple[float, float]]:
    """CPU and wall-clock seconds of the first and the second pipeline of this process."""
    warnings.simplefilter("ignore")  # Keras' deprecated class
    frame = pd.read_json(folder / FRAME, dtype=False)
    times = []
    for _ in range(2):
        start, wall = time.process_time(), time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):  # Keras says how many files there are
            rows = VARIANTS[name](frame, folder / "pictures")()
        times.append((time.process_time() - start, time.perf_counter() - wall))
        assert rows == data_pipeline.BATCH, f"{name} gave {rows} rows"
    return times


def in_fresh_process(name: str, folder: pathlib.Path) -> Any:
    """Return what `batches` says in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.first_batch", "--variant", name]
    done = subprocess.run(
        [*command, "--folder", str(folder)], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds kept (default: %(default)s)")
    parser.add_argument("--variant", choices=VARIANTS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.variant:
        print(json.dumps(batches(options.variant, options.folder)))
        return
    found: dict[str, list[Any]] = {name: [] for name in VARIANTS}
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        frame = data_pipeline.write_pictures(folder / "pictures", data_pipeline.BATCH)
        frame.to_json(folder / FRAME)
        for round_ in range(options.rounds + 1):
            for name in VARIANTS:
                times = in_fresh_process(name, folder)
                if round_:
                    found[name].append(times)
    print(machine("keras-multimodal-fusion", "tensorflow", "keras", "pillow"))
    print(f"{data_pipeline.BATCH} JPEGs 256x256, one batch, {options.rounds} rounds, medians")
    print(f"{'CPU seconds (wall clock)':35} {'first batch':>15} {'of the peer':>12} {'again':>15}")

    def median(name: str, place: int, clock: int) -> float:
        return statistics.median(times[place][clock] for times in found[name])

    for name in VARIANTS:
        first, again = (
            f"{median(name, place, 0):6.2f} ({median(name, place, 1):5.2f})" for place in (0, 1)
        )
        ratio = median(name, 0, 0) / median(PEER, 0, 0)
        print(f"{name:35} {first:>15} {ratio:12.2f} {again:>15}")


if __name__ == "__main__":
    main()
