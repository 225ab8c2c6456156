"""A pytest plugin that begins with the longest tests, or shuffles them all.

pytest-xdist gives each worker a stretch of the list of tests, the last one what is left over. What
a worker takes from another later is of the end of its stretch.
"""

import itertools
import json
import pathlib
import random

DURATIONS = pathlib.Path(__file__).parent / "durations.json"


def pytest_addoption(parser):
    parser.addoption(
        "--shuffle",
        type=int,
        metavar="SEED",
        help="run the modules, and the tests of each, in a random order",
    )


def pytest_collection_modifyitems(config, items):
    seed = config.getoption("shuffle")
    if seed is not None:
        items[:] = shuffled(items, seed)
        return
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    durations = json.loads(DURATIONS.read_text())
    items[:] = longest_first(items, durations, workers)


def shuffled(items, seed):
    """Return the tests with those of a module together, since they share what is made for them."""
    generator = random.Random(seed)
    modules = [list(group) for _, group in itertools.groupby(items, lambda item: item.path)]
    generator.shuffle(modules)
    for module in modules:
        generator.shuffle(module)
    return list(itertools.chain(*modules))


def longest_first(items, durations, workers):
    """Return the tests in stretches, one for each worker, that begin with its share of the longest.

    The slow tests of a module stay together: they share what is made for them. The other long ones
    are for themselves.

    Args:
        items: The tests.
        durations: The seconds of the longest tests, by their names.
        workers: How many workers there are.
    """
    heavy, others = {}, []
    for item in items:
        slow = item.get_closest_marker("slow") is not None
        if slow or item.nodeid in durations:
            heavy.setdefault(str(item.path) if slow else item.nodeid, []).append(item)
        else:
            others.append(item)
    seconds = {
        name: sum(durations.get(item.nodeid, 1.0) for item in group)
        for name, group in heavy.items()
    }
    shares, loads = [[] for _ in range(workers)], [0.0] * workers
    for name in sorted(heavy, key=seconds.get, reverse=True):
        worker = loads.index(min(loads))
        shares[worker] += heavy[name]
        loads[worker] += seconds[name]
    ordered = []
    for worker, share in enumerate(shares):
        size = (len(items) - len(ordered)) // (workers - worker)
        filled = max(size - len(share), 0)
        ordered += share + others[:filled]
        del others[:filled]
    return ordered + others
