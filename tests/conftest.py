"""What all tests share."""

import os
import pathlib

import pytest

# Most of the time goes into compiling small layers, each of them once: an optimizer's work is lost
# on them. Read by TensorFlow and JAX as they are imported.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

SHARED = pathlib.Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items):
    """The slow ones first, so that none of them is left for one core alone in the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real data beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there: the real data for tests lies beside the checkout")
    return SHARED
