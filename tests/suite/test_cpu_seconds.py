"""CPU seconds are summed by room, and a room that takes too much fails a run of CI."""

import subprocess
import sys

import pytest

from tests.suite import cpu_seconds

BURN = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n"
PROJECT = """
[tool.cpu_budget]
import_tensorflow = 0.5
new_room = {budget}
[tool.cpu_budget.rooms]
"""


def test_what_a_child_takes_counts_while_it_lives_and_when_it_has_ended():
    before = cpu_seconds.cpu_seconds()
    code = BURN + "print('burnt', flush=True)\ninput()"
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "burnt\n"
    living = cpu_seconds.cpu_seconds() - before
    child.communicate("\n")
    ended = cpu_seconds.cpu_seconds() - before
    assert 0.25 < living <= ended < 5


@pytest.mark.parametrize(
    ("test", "room"),
    [
        ("tests/layers/test_film.py::test_it[1/2]", "layers"),
        ("tests/encoders/loading/test_x.py::test_it", "encoders"),
        ("tests/test_schema.py::test_it", "pages"),
        ("test_it.py::test_it", "pages"),
    ],
)
def test_the_room_of_a_test(test, room):
    assert cpu_seconds.room_of(test) == room


@pytest.mark.parametrize(
    ("budget", "ci", "code"), [(1000, "true", 0), (0.01, "true", 1), (0.01, "", 0)]
)
def test_a_room_far_over_its_budget_fails_ci(budget, ci, code, pytester, monkeypatch):
    monkeypatch.setattr(cpu_seconds, "LONG", 0.1)
    monkeypatch.setattr(cpu_seconds, "import_seconds", lambda: 1.0)
    monkeypatch.setattr(cpu_seconds, "PROJECT", pytester.path / "rules.toml")
    monkeypatch.setenv("CI", ci)
    (pytester.path / "rules.toml").write_text(PROJECT.format(budget=budget))
    room = pytester.mkdir("tests") / "attics"
    room.mkdir()
    burn = "\n    ".join(BURN.splitlines())
    (room / "test_burn.py").write_text(
        f"import pytest\n\ndef test_burn():\n    {burn}\n\n"
        f"@pytest.mark.slow\ndef test_learn():\n    {burn}\n"
    )
    pytester.makeini("[pytest]\nmarkers = slow: learns")
    result = pytester.runpytest_inprocess("-p", "tests.suite.cpu_seconds", "-p", "no:randomly")
    assert result.ret == code
    row = next(line.split() for line in result.outlines if line.startswith("attics"))
    # 0.3 s at a unit of 1 s are 0.15 s at a unit of 0.5 s; what learns has a column of its own.
    assert float(row[3]) == pytest.approx(budget, abs=0.5)
    assert (" ".join(row[6:]) == "over its budget") == (budget < 1)
    assert result.parseoutcomes() == {"passed": 2}


def test_kept_durations_are_those_of_the_longest(pytester, monkeypatch):
    kept = pytester.path / "durations.json"
    kept.write_text(
        '{"gone.py::test_old": 9.0, "other.py::test_other": 9.0, "test_it.py::test_quick": 7.0}'
    )
    pytester.makefile(".py", other="")
    monkeypatch.setattr(cpu_seconds, "DURATIONS", kept)
    monkeypatch.setattr(cpu_seconds, "KEPT", 0.2)
    burn = "\n    ".join(BURN.splitlines())
    pytester.makepyfile(test_it=f"def test_burn():\n    {burn}\n\ndef test_quick():\n    pass\n")
    pytester.makeini("[pytest]\nmarkers = slow: learns")
    pytester.runpytest_inprocess("-p", "tests.suite.cpu_seconds", "--keep-durations")
    text = kept.read_text()
    assert "test_burn" in text
    assert "test_other" in text
    assert "test_old" not in text
    assert "test_quick" not in text
