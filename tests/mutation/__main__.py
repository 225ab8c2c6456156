"""Change the package in small ways, and see which changes the tests let pass.

    python tests/mutation --seed 1 --count 400

Results are kept in a file as they come; the same command goes on where it was interrupted, and
`--again` tries those again that have survived. It needs the extra `mutation`.
"""

import argparse
import os
import pathlib
import sys
import tempfile

from forked_runs import import_what_is_slow
from mutants import ROOMS, draw
from session import Session

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python tests/mutation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=1, help="what the mutants depend on")
    parser.add_argument("--count", type=int, default=400, help="how many mutants")
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=ROOMS, help="where they are")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="tests run at once")
    parser.add_argument("--session", type=pathlib.Path, help="the file of results")
    parser.add_argument("--again", action="store_true", help="try again what has survived")
    parser.add_argument("--report", action="store_true", help="try nothing, and report")
    arguments = parser.parse_args()
    file = arguments.session or ROOT / "build" / f"mutation-{arguments.seed}.jsonl"
    drawn = draw(ROOT, arguments.seed, arguments.count, tuple(arguments.rooms))
    session = Session(ROOT, file, drawn)
    if not arguments.report:
        import_what_is_slow(ROOT)
        with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
            session.run(pathlib.Path(folder), arguments.workers, arguments.again)
    sys.stdout.write(session.report())
    return 0


if __name__ == "__main__":
    sys.exit(main())
