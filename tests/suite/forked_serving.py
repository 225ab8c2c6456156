"""A plugin: SavedModels are served by forks of one process that has TensorFlow imported.

`serve_in_fresh_process` does all it does for users, except that the Python process which it starts
is a fork. Tests marked `real_process` start a real one.
"""

import importlib
import sys

import pytest

from tests.suite.fork_server import ForkServer

_MODULE = "keras_multimodal.export.fresh_process"
_SERVER = pytest.StashKey[ForkServer]()


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "real_process: serve_in_fresh_process starts a real process, and no fork"
    )
    config.stash[_SERVER] = ForkServer("tensorflow")


def pytest_unconfigure(config):
    config.stash[_SERVER].close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    keras = sys.modules.get("keras")
    # On another backend nothing is exported, and importing the module would load TensorFlow.
    served = keras is not None and keras.backend.backend() == "tensorflow"
    if not served or item.get_closest_marker("real_process"):
        return (yield)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            importlib.import_module(_MODULE), "_run_python", item.config.stash[_SERVER].run
        )
        return (yield)


@pytest.fixture
def run_forked(pytestconfig):
    """Return a function that runs Python where TensorFlow and Keras are imported already."""
    return pytestconfig.stash[_SERVER].run
