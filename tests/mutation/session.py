"""Mutants that are tried one after another, and what became of each."""

import dataclasses
import json
import pathlib
import py_compile
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence

from forked_runs import Outcome, Run
from mutants import PACKAGE, ROOMS, Mutant
from watching import watchers

_TOLD = 10  # mutants between two lines on the screen


class Session:
    """The results of drawn mutants, kept in a file.

    Args:
        root: The top of the checkout.
        file: The results, one a line; those of an earlier run are taken.
        drawn: The mutants.
    """

    def __init__(self, root: pathlib.Path, file: pathlib.Path, drawn: Sequence[Mutant]) -> None:
        self._root, self._file, self._drawn = root, file, drawn
        self._results: dict[str, Outcome] = {}
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.exists() else []
        for line in lines:
            if line.endswith("\n"):  # else it was cut off
                own = json.loads(line)
                self._results[own["key"]] = Outcome(own["kind"], own["test"], own["seconds"])

    def run(self, folder: pathlib.Path, workers: int, again: bool) -> None:
        """Try what has no result yet, then each test that failed on the package as it is.

        Args:
            folder: Where the copies of the tree are made.
            workers: How many run at once.
            again: Whether what has survived is tried again.
        """
        trees = [_copy(self._root, folder / str(number)) for number in range(workers)]
        waiting = [
            mutant
            for mutant in self._drawn
            if mutant.key not in self._results or (again and self._survived(mutant))
        ]
        running: dict[pathlib.Path, tuple[Run, Mutant, str]] = {}
        started, tried = time.monotonic(), 0
        try:
            while waiting or running:
                for tree in trees:
                    if tree not in running and waiting:
                        mutant = waiting.pop(0)
                        tests, names = watchers(tree, mutant.file)
                        unchanged = (tree / mutant.file).read_text(encoding="utf-8")
                        _write(tree / mutant.file, mutant.source)
                        run = Run(tree, tests, tree.with_suffix(".log"), names)
                        running[tree] = (run, mutant, unchanged)
                for tree, (run, mutant, unchanged) in list(running.items()):
                    outcome = run.outcome()
                    if outcome is not None:
                        del running[tree]
                        _write(tree / mutant.file, unchanged)
                        self._keep(mutant.key, outcome)
                        tried += 1
                        if not tried % _TOLD:
                            minutes = (time.monotonic() - started) / 60
                            _say(f"{tried} tried in {minutes:.0f} minutes, {len(waiting)} to come")
                time.sleep(0.05)
        finally:
            for run, *_ in running.values():
                run.stop()
        self._check(trees[0])

    def _check(self, tree: pathlib.Path) -> None:
        """Run the tests that killed on the package as it is: one that fails there kills nothing."""
        killers = {
            outcome.test
            for mutant in self._drawn
            if not self._survived(mutant) and (outcome := self._results[mutant.key])
        }
        unknown = sorted(killers - set(self._results))
        # A file that could not be imported stands without a test.
        for collect in (False, True):
            tests = [test for test in unknown if ("::" not in test) is collect]
            while tests:
                run = Run(tree, tests, tree.with_suffix(".log"), collect=collect)
                while (outcome := run.outcome()) is None:
                    time.sleep(0.05)
                if outcome.kind == "unusable":
                    raise RuntimeError(f"A test that killed is no more: {' '.join(tests)}")
                ended = len(tests) if outcome.kind == "passed" else tests.index(outcome.test)
                for test in tests[:ended]:
                    self._keep(test, Outcome("passed", test, 0.0))
                for test in tests[ended : ended + 1]:
                    self._keep(test, outcome)
                tests = tests[ended + 1 :]

    def report(self) -> str:
        """Return the figures by room, and what has survived."""
        tried = [mutant for mutant in self._drawn if mutant.key in self._results]
        void = [mutant for mutant in tried if self._is_void(mutant)]
        counted = [mutant for mutant in tried if mutant not in void]
        survivors = [mutant for mutant in counted if self._survived(mutant)]
        lines = [f"{len(tried)} of {len(self._drawn)} mutants are tried."]
        for mutant in survivors:
            lines += ["", f"{mutant.file}:{mutant.line} survived", *_change(mutant)]
        for mutant in void:
            test = self._results[mutant.key].test
            lines += ["", f"{mutant.file}:{mutant.line} is not counted: {test} fails without it"]
        lines += ["", f"{'room':20} {'mutants':>8} {'killed':>8} {'survived':>8} {'share':>7}"]
        for room in (*ROOMS, "all"):
            own = [mutant for mutant in counted if room in ("all", mutant.room)]
            alive = sum(mutant in survivors for mutant in own)
            if own:
                share = (len(own) - alive) / len(own)
                lines.append(f"{room:20} {len(own):8} {len(own) - alive:8} {alive:8} {share:7.1%}")
        kinds = [self._results[mutant.key].kind for mutant in counted]
        seconds = [self._results[mutant.key].seconds for mutant in tried] or [0.0]
        lines += [
            "",
            f"Of the killed, {kinds.count('timeout')} by time and {kinds.count('crashed')} by a "
            "crash.",
            f"CPU seconds a mutant: {sum(seconds) / len(seconds):.1f}, at most {max(seconds):.0f}.",
        ]
        return "\n".join(lines) + "\n"

    def _survived(self, mutant: Mutant) -> bool:
        return self._results[mutant.key].kind in ("passed", "empty")

    def _is_void(self, mutant: Mutant) -> bool:
        check = self._results.get(self._results[mutant.key].test)
        return not self._survived(mutant) and check is not None and check.kind != "passed"

    def _keep(self, key: str, outcome: Outcome) -> None:
        self._results[key] = outcome
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": key, **dataclasses.asdict(outcome)}) + "\n")


def _change(mutant: Mutant) -> Iterable[str]:
    yield from (f"  - {line}" for line in mutant.before.splitlines())
    yield from (f"  + {line}" for line in mutant.after.splitlines())


def _copy(root: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Return a copy of what git knows or would, beside the real data, its package compiled."""
    tree = folder / "checkout"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (root / name).is_file():  # what was removed is listed, too
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, tree / name)
    if (root.parent / "shared").is_dir():
        (folder / "shared").symlink_to(root.parent / "shared")
    for path in (tree / PACKAGE).rglob("*.py"):
        _compile(path)
    return tree


def _write(path: pathlib.Path, source: str) -> None:
    path.write_text(source, encoding="utf-8")
    _compile(path)


def _compile(path: pathlib.Path) -> None:
    """Compiled anew where it is written: a time says too little of what changes within a second."""
    py_compile.compile(
        str(path), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
