"""A pytest plugin that sums the CPU seconds of each room's tests and holds them against its budget.

Machines differ by a third and more, so seconds are scaled by what `import tensorflow` takes in the
same run. `[tool.cpu_budget]` in pyproject.toml has the budgets. A room over its budget is marked in
the table, and one over one and a half times its budget fails a run with CI=true.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import tomllib
import typing

import pytest

HERE = pathlib.Path(__file__).parent
PROJECT = HERE.parent.parent / "pyproject.toml"
DURATIONS = HERE / "durations.json"
FAIL = 1.5  # times the budget
LONG = 60.0  # seconds; a shorter run has no table
KEPT = 2.0  # seconds; what is quicker needs no place of its own in the order of the tests


class Row(typing.NamedTuple):
    """A room's CPU seconds, and those of its tests that learn on real data."""

    room: str
    seconds: float
    scaled: float
    budget: float
    learning: float


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of those it has started, the living included."""
    times = os.times()
    ended = times.children_user + times.children_system
    return times.user + times.system + ended + sum(map(_cpu_of, _children(os.getpid())))


def _children(pid: int) -> list[int]:
    """Return the living processes that the main thread of a process has started (Linux)."""
    try:
        return list(map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except (FileNotFoundError, ProcessLookupError):
        return []  # no /proc, or a process that has just ended


def _cpu_of(pid: int) -> float:
    try:
        # Behind the name, which may hold spaces: fields 14 to 17 are its own and its children's.
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    own = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return own + sum(map(_cpu_of, _children(pid)))


def room_of(nodeid: str) -> str:
    """Return the folder of `tests` that a test lies in, or `pages` where it lies in none."""
    parts = pathlib.PurePosixPath(nodeid.partition("::")[0]).parts
    parts = parts[parts.index("tests") + 1 :] if "tests" in parts else parts
    return parts[0] if len(parts) > 1 else "pages"


def pytest_addoption(parser):
    parser.addoption(
        "--keep-durations",
        action="store_true",
        help=f"write the CPU seconds of the longest tests to {DURATIONS.name}, which orders them",
    )


def import_seconds() -> float:
    """Return the CPU seconds that a new process takes to import TensorFlow."""
    before = os.times()
    subprocess.run([sys.executable, "-c", "import tensorflow"], capture_output=True, check=True)
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


class CpuSeconds:
    """Measure each test where it runs, and sum them up where the run is reported."""

    def __init__(self, config):
        self.config = config
        self.before = 0.0
        self.tests, self.learning = {}, set()
        self.unit = 0.0  # what importing TensorFlow takes
        self.rows = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self):
        """Start the clock of a test."""
        self.before = cpu_seconds()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        """Hand on the CPU seconds of a test with the report of its tear-down."""
        report = yield
        if call.when == "teardown":
            report.cpu_seconds = cpu_seconds() - self.before
            report.learning = item.get_closest_marker("slow") is not None
        return report

    def pytest_runtest_logreport(self, report):
        """Keep the seconds of a test."""
        if report.when == "teardown":
            self.tests[report.nodeid] = report.cpu_seconds
            if report.learning:
                self.learning.add(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session):
        """Sum up a run that is long enough, and fail it in CI where a room takes far too much."""
        if hasattr(self.config, "workerinput"):
            return
        if self.config.getoption("keep_durations"):
            kept = json.loads(DURATIONS.read_text()) | {
                test: round(seconds, 1) for test, seconds in self.tests.items()
            }
            kept = {
                test: kept[test]
                for test in sorted(kept)
                if kept[test] >= KEPT and (self.config.rootpath / test.split("::")[0]).exists()
            }
            DURATIONS.write_text(json.dumps(kept, indent=0) + "\n")
        if sum(self.tests.values()) < LONG:
            return
        self.unit = import_seconds()
        self.rows = self.table(tomllib.loads(PROJECT.read_text())["tool"]["cpu_budget"])
        far_over = any(row.scaled > FAIL * row.budget for row in self.rows)
        if far_over and os.environ.get("CI") == "true" and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def table(self, rules):
        """Return a row for each room."""
        seconds, learning = collections.Counter(), collections.Counter()
        for test, value in self.tests.items():
            (learning if test in self.learning else seconds)[room_of(test)] += value
        scale = rules["import_tensorflow"] / self.unit
        return [
            Row(
                room,
                seconds[room],
                seconds[room] * scale,
                rules["rooms"].get(room, rules["new_room"]),
                learning[room],
            )
            for room in sorted({*seconds, *learning})
        ]

    def pytest_terminal_summary(self, terminalreporter):
        """Print the table of the rooms."""
        if not self.rows:
            return
        terminalreporter.section("CPU seconds")
        write = terminalreporter.write_line
        write(f"import tensorflow: {self.unit:.2f}. Scaled: if it took what pyproject.toml says.")
        write(
            f"{'room':<12} {'seconds':>8} {'scaled':>8} {'budget':>8} {'share':>6} {'learning':>9}"
        )
        for room, seconds, scaled, budget, learning in self.rows:
            share = scaled / budget
            words = (
                f"{room:<12} {seconds:>8.0f} {scaled:>8.0f} {budget:>8.0f} {share:>6.0%} "
                f"{learning:>9.0f}{'  over its budget' if share > 1 else ''}"
            )
            write(words, red=share > FAIL, yellow=1 < share <= FAIL)
        seconds, scaled, _, learning = (sum(row[i] for row in self.rows) for i in range(1, 5))
        write(f"{'all':<12} {seconds:>8.0f} {scaled:>8.0f} {'':>15} {learning:>9.0f}")


def pytest_configure(config):
    config.pluginmanager.register(CpuSeconds(config), "cpu-seconds-of-rooms")
