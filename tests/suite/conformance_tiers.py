"""Which checks of the conformance run are made on which case: a pytest plugin.

What compiles or saves takes most of the time. It is done with the first case of each class always,
and with the others by turns: a quarter of them at each commit, drawn by its digest.
"""

import hashlib
import os
import subprocess

import pytest

COSTLY = {"jit", "keras_file", "saved_model", "mixed_float16", "mixed_bfloat16", "fit_step"}
TURNS = 4
DIGEST = pytest.StashKey[str]()


def pytest_addoption(parser):
    group = parser.getgroup("conformance")
    group.addoption(
        "--all-conformance",
        action="store_true",
        help="make every check of the conformance run on every case, as before a release",
    )
    group.addoption(
        "--conformance-digest",
        default=os.environ.get("CONFORMANCE_DIGEST"),
        help="draw the cases as at the commit of this digest; $CONFORMANCE_DIGEST by default",
    )


def pytest_configure(config):
    config.stash[DIGEST] = (
        getattr(config, "workerinput", {}).get("conformance_digest")
        or config.getoption("conformance_digest")
        or digest_of(config.rootpath)
    )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """The workers of pytest-xdist draw what the main process does, should a commit come between."""
    node.workerinput["conformance_digest"] = node.config.stash[DIGEST]


def pytest_report_header(config):
    if config.getoption("all_conformance"):
        return "conformance: all checks on all cases"
    return f"conformance: costly checks drawn by --conformance-digest={config.stash[DIGEST]}"


def digest_of(folder):
    """Return the digest of the commit; the package's version where there is no Git."""
    command = ["git", "-C", str(folder), "rev-parse", "--short=12", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        import keras_multimodal

        return keras_multimodal.__version__
    return found.stdout.strip()


def is_drawn(digest, name):
    """Return whether it is the turn of the test `name` at the commit of `digest`."""
    return hashlib.sha256(f"{digest} {name}".encode()).digest()[0] % TURNS == 0


def checks_of(cases, place, drawn):
    """Return the names of the checks to make on a case: all, if it is the first of its class.

    Args:
        cases: The parameters of a test, the class first.
        place: Which of them.
        drawn: Whether all are to be made whichever it is.
    """
    from keras_multimodal.testing import layer_conformance

    classes = [getattr(case, "values", case)[0] for case in cases]
    costly = drawn or classes.index(classes[place]) == place
    return tuple(name for name in layer_conformance._CHECKS if costly or name not in COSTLY)


@pytest.fixture
def conformance_checks(request):
    """Return the names of the checks to make in a test that is parametrized by `cls` and more."""
    (cases,) = (
        mark.args[1] for mark in request.node.iter_markers("parametrize") if "cls" in mark.args[0]
    )
    config = request.config
    drawn = is_drawn(config.stash[DIGEST], request.node.name)
    place = request.node.callspec.indices["cls"]
    return checks_of(cases, place, drawn or config.getoption("all_conformance"))
