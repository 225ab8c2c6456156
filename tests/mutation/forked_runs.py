"""Runs of pytest on a tree, in children forked from a process that has imported what is slow.

What is forked must not have run an op: TensorFlow's threads do not survive it.
"""

import dataclasses
import importlib.util
import os
import pathlib
import resource
import runpy
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from typing import Any

import pytest

_IMPORTED = ("numpy", "pandas", "tensorflow", "keras", "scipy", "torch")
_IMPORTED_TOO = ("tensorflow_text", "keras_hub", "PIL.Image", "h5py", "hypothesis")
_CPU_SECONDS = 60  # of one test; the longest that is no training takes a quarter of it
_WALL_SECONDS = 900  # without a test that begins or ends; for those that wait
_BYTES = 8 * 2**30
_CLASSES = 3  # whose first case of conformance is run
_WRONG_TREE = 97
_KINDS = {
    pytest.ExitCode.OK: "passed",
    pytest.ExitCode.TESTS_FAILED: "failed",
    pytest.ExitCode.INTERRUPTED: "failed",  # a file of tests could not be imported
    pytest.ExitCode.USAGE_ERROR: "unusable",  # or a conftest.py
    pytest.ExitCode.NO_TESTS_COLLECTED: "empty",
    -signal.SIGKILL: "timeout",
    -signal.SIGXCPU: "timeout",
}


@dataclasses.dataclass
class Outcome:
    """What became of a run.

    Args:
        kind: `"passed"`, `"failed"`, `"timeout"`, `"crashed"`, `"unusable"` where pytest refused to
            run, or `"empty"` where there was no test.
        test: The test that failed or was running.
        seconds: CPU seconds.
    """

    kind: str
    test: str
    seconds: float


def import_what_is_slow(root: pathlib.Path) -> None:
    """Import what every child would.

    Args:
        root: The top of the checkout, whose conftest.py says what is to be set before.
    """
    runpy.run_path(str(root / "tests" / "conftest.py"))
    for name in (*_IMPORTED, *_IMPORTED_TOO):
        importlib.import_module(name)


class Run:
    """A child that runs tests, up to the first failure.

    Args:
        tree: The tree whose tests it runs, on the package in it.
        tests: Files of tests or single ones, from the top of the tree.
        log: Where the child's output goes.
        names: Classes; tests of others are left out, and of conformance all but the first cases of
            some of these. Default `None`: every test.
        collect: Whether the files are imported and nothing is run. Default False.
    """

    def __init__(
        self,
        tree: pathlib.Path,
        tests: Sequence[str],
        log: pathlib.Path,
        names: frozenset[str] | None = None,
        collect: bool = False,
    ) -> None:
        self._tests, self._log = tests, log
        self._state = log.with_suffix(".json")
        self._state.unlink(missing_ok=True)
        self._started = time.time()
        sys.stdout.flush()
        self._child = os.fork()
        if not self._child:
            options = ["--collect-only"] if collect else []
            _run(tree, [*options, *tests], log, _Watch(names, self._state))
        os.setpgid(self._child, self._child)

    def outcome(self) -> Outcome | None:
        """Return what became of it, or `None` while it runs."""
        told = self._state.stat().st_mtime if self._state.exists() else self._started
        if time.time() - told > _WALL_SECONDS:
            os.kill(self._child, signal.SIGKILL)
        child, status, usage = os.wait4(self._child, os.WNOHANG)
        if not child:
            return None
        self.stop()  # what it has left behind
        code = os.waitstatus_to_exitcode(status)
        if code == _WRONG_TREE:
            raise RuntimeError(
                f"pytest did not run {' '.join(self._tests)}:\n{self._log.read_text('utf-8')}"
            )
        # Where the files could not even be collected, the first one stands for them.
        test = self._state.read_text("utf-8") if self._state.exists() else self._tests[0]
        return Outcome(_KINDS.get(code, "crashed"), test, usage.ru_utime + usage.ru_stime)

    def stop(self) -> None:
        """End the child and what it has started."""
        try:
            os.killpg(self._child, signal.SIGKILL)
        except ProcessLookupError:
            return


def _run(tree: pathlib.Path, arguments: list[str], log: pathlib.Path, watch: Any) -> None:
    """Run pytest in the child, and end it."""
    os.setpgid(0, 0)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(tree)
    os.environ["PYTHONPATH"] = str(tree)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they take longer than most tests
    sys.path[:] = [str(tree), *(entry for entry in sys.path if entry and not _is_ours(entry))]
    resource.setrlimit(resource.RLIMIT_DATA, (_BYTES, _BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _allow_cpu_seconds()
    code = _WRONG_TREE
    try:
        spec = importlib.util.find_spec("keras_multimodal")
        if spec is None or spec.origin != str(tree / "keras_multimodal" / "__init__.py"):
            raise RuntimeError(f"The package of another tree would be tested: {spec}")
        sys.dont_write_bytecode = True
        options = ["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider"]
        options += ["-o", "addopts=--strict-markers --tb=short"]
        code = int(pytest.main([*options, *arguments], plugins=[watch]))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _is_ours(entry: str) -> bool:
    """Return whether a place to import from has the package of another tree, or this runner."""
    path = pathlib.Path(entry)
    return (path / "keras_multimodal").is_dir() or path == pathlib.Path(__file__).parent


class _Watch:
    """A plugin that says which test runs or failed, and gives each test its CPU seconds."""

    def __init__(self, names: frozenset[str] | None, state: pathlib.Path) -> None:
        self._names = names
        self._state = state
        self._failed = False

    def pytest_collection_modifyitems(self, config: Any, items: list[pytest.Item]) -> None:
        if self._names is None:
            return
        tried: dict[str, list[type]] = {}
        kept, left_out = [], []
        for item in items:
            cls = _class_of(item)
            if cls is None:
                kept.append(item)
            elif cls.__name__ not in self._names:
                left_out.append(item)
            elif "conformance" not in item.path.name:
                kept.append(item)
            else:
                known = tried.setdefault(item.nodeid.split("[")[0], [])
                first = cls not in known and len(known) < _CLASSES
                (kept if first else left_out).append(item)
                known += [cls] if first else []
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        _allow_cpu_seconds()
        self._tell(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._tell(report.nodeid)
            self._failed = True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._tell(report.nodeid)
            self._failed = True

    def _tell(self, nodeid: str) -> None:
        if not self._failed:
            partial = self._state.with_suffix(".partial")
            partial.write_text(nodeid, encoding="utf-8")
            partial.replace(self._state)


def _allow_cpu_seconds() -> None:
    """Let the process have so many more, behind which it is ended."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    used = int(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (used + _CPU_SECONDS, hard))


def _class_of(item: pytest.Item) -> type | None:
    """Return the package's class that a test has among its parameters, if it has one."""
    for value in getattr(getattr(item, "callspec", None), "params", {}).values():
        for found in (value, getattr(value, "cls", None)):
            if isinstance(found, type) and found.__module__.startswith("keras_multimodal."):
                return found
    return None
