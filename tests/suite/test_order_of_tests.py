"""The longest tests begin, shared out among the workers; a shuffle keeps modules together."""

import dataclasses
import itertools

import pytest

from tests.suite.order_of_tests import longest_first, shuffled


@dataclasses.dataclass(frozen=True)
class Item:
    nodeid: str
    path: str
    slow: bool = False

    def get_closest_marker(self, name):
        return self if name == "slow" and self.slow else None


def items(module, count, slow=False):
    return [Item(f"{module}::{i}", module, slow) for i in range(count)]


def stretches(ordered, workers):
    """As pytest-xdist cuts the list."""
    start, cut = 0, []
    for worker in range(workers):
        size = (len(ordered) - start) // (workers - worker)
        cut.append(ordered[start : start + size])
        start += size
    return cut


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_each_worker_begins_with_its_share_of_the_longest(workers):
    tests = [*items("a", 10), *items("b", 2, slow=True), *items("c", 10), *items("d", 1, True)]
    durations = {"a::3": 8.0, "c::9": 7.0, "b::0": 20.0, "b::1": 1.0, "d::0": 9.0}
    ordered = longest_first(tests, durations, workers)
    assert sorted(map(str, ordered)) == sorted(map(str, tests))
    found = [[item.nodeid for item in stretch] for stretch in stretches(ordered, workers)]
    expected = {
        1: [["b::0", "b::1", "d::0", "a::3", "c::9"]],
        2: [["b::0", "b::1"], ["d::0", "a::3", "c::9"]],
        3: [["b::0", "b::1"], ["d::0"], ["a::3", "c::9"]],
    }[workers]
    assert [names[: len(first)] for names, first in zip(found, expected, strict=True)] == expected


def test_without_durations_the_order_stays():
    tests = [*items("a", 5), *items("b", 5)]
    assert longest_first(tests, {}, 2) == tests


def test_a_shuffle_moves_tests_and_keeps_modules_together():
    tests = [*items("a", 20), *items("b", 20), *items("c", 20), *items("d", 20)]
    orders = [shuffled(tests, seed) for seed in range(4)]
    assert orders[1] == shuffled(tests, 1)
    assert len(set(map(tuple, orders))) == 4
    for order in orders:
        assert sorted(map(str, order)) == sorted(map(str, tests))
        assert len(list(itertools.groupby(order, lambda item: item.path))) == 4
        assert [item for item in order if item.path == "a"] != items("a", 20)
