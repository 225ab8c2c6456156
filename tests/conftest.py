"""What all tests share."""

import gc
import os
import pathlib
import sys
import zlib

import numpy as np
import pytest

# Most of the time goes into compiling small layers, each of them once: an optimizer's work is lost
# on them, and XLA's newer way of writing fused loops takes twice as long as the older one. Read by
# TensorFlow and JAX as they are imported.
os.environ.setdefault(
    "XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"
)

pytest_plugins = [
    "pytester",
    "tests.suite.conformance_tiers",
    "tests.suite.cpu_seconds",
    "tests.suite.forked_serving",
    "tests.suite.order_of_tests",
    "tests.suite.shared_results",
]

SHARED = pathlib.Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_finish():
    """Look for garbage less often, and never among the imported modules.

    Each graph that TensorFlow traces makes so many objects that Python goes through all it has
    again and again.
    """
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture
def rng(request):
    """Random numbers seeded by the test's own name, whichever tests ran before."""
    return np.random.default_rng(_seed(request))


@pytest.fixture(autouse=True)
def _seeded(request):
    """Weights and orders that a test does not seed depend on its name alone."""
    keras = sys.modules.get("keras")  # not imported by the tests of what needs none
    if keras is None:
        yield
        return
    keras.utils.set_random_seed(_seed(request))
    before = keras.Variable(0.0, name="of_no_layer").path
    yield
    after = keras.Variable(0.0, name="of_no_layer").path
    # An error as a name scope opens leaves it open, and every later weight has another path.
    assert after == before, f"the test has left a name scope of Keras open: {after}"


def _seed(request):
    return zlib.crc32(request.node.name.encode())


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real data beside the checkout."""
    if not SHARED.is_dir():
        # Where it must be there, its absence would pass for a success.
        absent = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        absent(f"{SHARED} is not there: the real data for tests lies beside the checkout")
    return SHARED
