"""The command line hands on what it is told, and hides no reason why it cannot start."""

import os
import sys

import keras_multimodal
from keras_multimodal import cli, demo


def test_numbers_reach_the_demo(monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr(demo, "run", lambda output, **options: calls.append((output, options)))
    arguments = ["--epochs", "3", "--seed", "7", "--output", str(tmp_path / "out")]
    assert cli.main(["demo", *arguments]) == 0
    ((output, options),) = calls
    assert str(output) == str(tmp_path / "out")
    assert options == {"data_dir": None, "epochs": 3, "seed": 7, "overwrite": False}


def test_an_error_of_another_kind_is_a_line_too(monkeypatch, capsys):
    def fail(output, **options):
        raise TypeError("unhashable type:\n 'dict'")

    monkeypatch.setattr(demo, "run", fail)
    assert cli.main(["demo"]) == 1
    line = "keras-multimodal: TypeError: unhashable type: 'dict'"
    assert capsys.readouterr().err == f"{line} (--debug shows where)\n"
    assert cli.main(["demo", "--debug"]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback")
    assert shown.endswith(f"{line}\n")


class Failing:
    """Finds the demo, which logs something and then cannot be imported."""

    def find_spec(self, name, path=None, target=None):
        if name == "keras_multimodal.demo":
            os.write(2, b"libcuda is of another version\n")
            raise ImportError("the demo cannot be loaded")


def test_what_was_logged_is_shown_where_the_package_cannot_be_loaded(monkeypatch, capfd):
    monkeypatch.delitem(sys.modules, "keras_multimodal.commands.running", raising=False)
    monkeypatch.delitem(sys.modules, "keras_multimodal.demo")
    monkeypatch.delattr(keras_multimodal, "demo")
    monkeypatch.setattr(sys, "meta_path", [Failing(), *sys.meta_path])
    assert cli.main(["demo"]) == 2
    said = capfd.readouterr().err.splitlines()
    assert said[-2:] == [
        "libcuda is of another version",
        "keras-multimodal: the demo cannot be loaded",
    ]
