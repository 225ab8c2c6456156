"""How much `import keras_multimodal` costs over `import keras`: `python -m benchmarks.import_time`.

Each variant is a whole Python process; the variants take turns, the first round is thrown away,
and the medians are printed with the ratio to `import keras`.
"""

import argparse
import importlib.metadata
import platform
import statistics
import subprocess
import sys
import time

VARIANTS = {
    "import keras": "import keras",
    "import keras_multimodal": "import keras_multimodal",
    "import keras_hub": "import keras_hub",
    "keras-multimodal --help": (
        "import sys; sys.argv = ['keras-multimodal', '--help']\n"
        "from keras_multimodal.cli import main\n"
        "main()"
    ),
}


def seconds(code: str) -> float:
    """Wall-clock seconds of one process that runs `code`."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="rounds kept (default: %(default)s)")
    rounds = parser.parse_args().rounds
    times: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for round_ in range(rounds + 1):
        for name, code in VARIANTS.items():
            elapsed = seconds(code)
            if round_:
                times[name].append(elapsed)
    medians = {name: statistics.median(values) for name, values in times.items()}
    versions = {
        name: importlib.metadata.version(name) for name in ("keras", "tensorflow", "keras-hub")
    }
    print(f"Python {platform.python_version()}, {versions}, {rounds} rounds")
    for name, median in medians.items():
        ratio = median / medians["import keras"]
        print(f"{name:26} {median:6.2f} s   {ratio:5.2f} of import keras")


if __name__ == "__main__":
    main()
