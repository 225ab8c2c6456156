"""The examples in the docstrings run, and show what is printed there."""

import doctest
import importlib
import inspect
import pkgutil
import shutil

import pytest
from pets import shared_run  # noqa: F401

import keras_multimodal

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS

# The script of a process of its own: it acts as soon as it is imported.
SCRIPTS = {"keras_multimodal.export._serving_script"}
MODULES = sorted(
    {info.name for info in pkgutil.walk_packages(keras_multimodal.__path__, "keras_multimodal.")}
    - SCRIPTS
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_show_what_they_print(name, request, tmp_path, monkeypatch):
    if name.startswith("keras_multimodal.experiment."):
        source, run = request.getfixturevalue("shared_run")
        shutil.copytree(source.parent, tmp_path, dirs_exist_ok=True)
        shutil.copytree(run, tmp_path / "run")
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    # `export.saved_model` is a function in a module of that name; the import above finds both.
    assert inspect.ismodule(module)
    result = doctest.testmod(module, optionflags=OPTIONS)
    assert not result.failed


@pytest.mark.parametrize("room", keras_multimodal.__all__)
def test_every_public_class_and_function_has_an_example(room):
    module = getattr(keras_multimodal, room)
    for name in getattr(module, "__all__", ()):
        if not callable(getattr(module, name)):
            continue  # a number
        documentation = inspect.getdoc(getattr(module, name)) or ""
        assert ">>>" in documentation, f"{room}.{name} has no example"
