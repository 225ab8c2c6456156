"""What all tests share."""

import itertools
import os
import pathlib
import zlib

import numpy as np
import pytest

# Most of the time goes into compiling small layers, each of them once: an optimizer's work is lost
# on them, and XLA's newer way of writing fused loops takes twice as long as the older one. Read by
# TensorFlow and JAX as they are imported.
os.environ.setdefault(
    "XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"
)

SHARED = pathlib.Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(config, items):
    """Each worker begins with its share of the slow ones, so that none is left alone in the end.

    Those of a module go together: they share what was made for them. pytest-xdist gives each worker
    a stretch of the list, the last one what is left over; what a worker takes from another later is
    of the end of its stretch.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    slow = [item for item in items if item.get_closest_marker("slow")]
    others = [item for item in items if not item.get_closest_marker("slow")]
    modules = [list(own) for _, own in itertools.groupby(slow, lambda item: item.path)]
    total, ordered = len(items), []
    for worker in range(workers):
        own = list(itertools.chain(*modules[worker::workers]))
        size = (total - len(ordered)) // (workers - worker)
        filled = max(size - len(own), 0)
        ordered += own + others[:filled]
        del others[:filled]
    items[:] = ordered + others


@pytest.fixture
def rng(request):
    """Random numbers seeded by the test's own name, whichever tests ran before."""
    return np.random.default_rng(zlib.crc32(request.node.name.encode()))


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real data beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there: the real data for tests lies beside the checkout")
    return SHARED
