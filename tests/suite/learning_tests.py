"""Print the tests that learn on real data (`slow`) and that a change calls for.

`python -m tests.suite.learning_tests` prints their modules, a line each: those that import,
directly or through others, a file that has changed since the last run of all of them. It prints
all of them when asked with `--all`, and when that run is more than ten commits ago.
`tests/suite/last_full_run` names its commit; `.ci/run --all` writes it, and who made that run
commits it.
"""

import argparse
import ast
import pathlib
import re
import subprocess

from tests.suite.imports import ROOT, files_behind

LAST_FULL_RUN = pathlib.Path(__file__).parent / "last_full_run"
COMMITS = 10
# A change to one of these may change what any test does.
EVERYWHERE = ("setup.cfg", "tests/conftest.py", "tests/suite/learning_tests.py")


def learning_tests(tests: pathlib.Path = ROOT / "tests") -> list[pathlib.Path]:
    """Return the test modules that have a test with the marker `slow`."""
    return [path for path in sorted(tests.rglob("test_*.py")) if _is_marked(path)]


def _is_marked(path: pathlib.Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.Attribute) and ast.unparse(node) == "pytest.mark.slow"
        for node in ast.walk(tree)
    )


def called_for(changed: set[str] | None) -> list[pathlib.Path]:
    """Return the modules of learning tests that a change calls for.

    Args:
        changed: The changed files, from the root of the repository; None: everything.
    """
    modules = learning_tests()
    if changed is None or changed.intersection(EVERYWHERE):
        return modules
    return [path for path in modules if changed & _watched(path)]


def _watched(path: pathlib.Path) -> set[str]:
    """Return the files that a test module depends on, the pages that it runs among them."""
    pages = set(re.findall(r'"((?:docs/)?[\w-]+\.md)"', path.read_text(encoding="utf-8")))
    files = files_behind(path)
    if pages:  # whose code has all of the package
        files.update((ROOT / "keras_multimodal").rglob("*.py"))
    return pages | {file.relative_to(ROOT).as_posix() for file in files}


def changed_since_last_full_run() -> set[str] | None:
    """Return the files changed since the last run of all, or None where all are to run again."""
    if not LAST_FULL_RUN.exists():
        return None
    last = LAST_FULL_RUN.read_text(encoding="ascii").strip()
    since = _git("rev-list", "--count", f"{last}..HEAD")
    if since is None or int(since) > COMMITS:
        return None
    changed = _git("diff", "--name-only", last)
    return None if changed is None else set(changed.splitlines())


def _git(*arguments: str) -> str | None:
    """Return what git prints, or None where it knows of no such commit or is not there."""
    try:
        return subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


def main() -> None:
    """Print the test modules."""
    parser = argparse.ArgumentParser(description="Print what learning tests a change calls for.")
    parser.add_argument("--all", action="store_true", help="print all of them")
    changed = None if parser.parse_args().all else changed_since_last_full_run()
    for path in called_for(changed):
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
