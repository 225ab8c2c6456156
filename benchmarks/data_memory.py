"""Peak memory of an epoch over 4,000 and over 40,000 rows: `python -m benchmarks.data_memory`.

Each count has a process of its own, which goes through two epochs of pictures and captions,
augmented, and prints its peak resident size. The pictures are 1,000 files, named again and again.
"""

import argparse
import pathlib
import resource
import subprocess
import sys
import tempfile

import pandas as pd

from benchmarks.data_pipeline import MOVES, ours, write_pictures

ROWS = (4_000, 40_000)


def peak(rows: int, folder: pathlib.Path) -> float:
    """Peak resident size of this process in MiB, after two epochs."""
    few = pd.read_csv(folder / "table.csv", dtype=str)
    frame = few.loc[[row % len(few) for row in range(rows)]].reset_index(drop=True)
    run = ours(frame, folder, **MOVES)
    for _ in range(2):
        run()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, help="used by the processes")
    parser.add_argument("--folder", type=pathlib.Path, help="used by the processes")
    options = parser.parse_args()
    if options.rows:
        print(peak(options.rows, options.folder))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        write_pictures(folder, 1_000).to_csv(folder / "table.csv", index=False)
        sizes = {}
        for rows in ROWS:
            command = [sys.executable, "-m", "benchmarks.data_memory", "--rows", str(rows)]
            answer = subprocess.run(
                [*command, "--folder", temporary], check=True, capture_output=True, text=True
            ).stdout
            sizes[rows] = float(answer.split()[-1])
            print(f"{rows:6} rows: {sizes[rows]:6.0f} MiB")
        print(f"ratio: {sizes[ROWS[1]] / sizes[ROWS[0]]:.2f}")


if __name__ == "__main__":
    main()
