"""No two files of tests have one name: pytest would take the second for the first."""

import collections
import pathlib

TESTS = pathlib.Path(__file__).parent.parent


def test_file_names_differ():
    names = [path.name for path in TESTS.rglob("*.py")]
    counts = collections.Counter(names) - collections.Counter(
        {"__init__.py": 99, "conftest.py": 99}
    )
    assert {name: count for name, count in counts.items() if count > 1} == {}
