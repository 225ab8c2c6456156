"""The command line hands on what it is told, and hides no reason why it cannot start."""

import errno
import io
import json
import os
import signal
import sys
import threading

import pytest

import keras_multimodal
from keras_multimodal import cli, demo
from keras_multimodal._disk_space import FullDiskError
from keras_multimodal._folders import ChangedOutputError
from keras_multimodal.commands.messages import say
from keras_multimodal.commands.spare_imports import without_spare_imports


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
            self.spared = sys.modules.get("sklearn", "not looked for") is None
            os.write(2, b"libcuda is of another version\n")
            raise ImportError("the demo cannot be loaded")


def test_what_was_logged_is_shown_where_the_package_cannot_be_loaded(monkeypatch, capfd):
    monkeypatch.delitem(sys.modules, "keras_multimodal.commands.running", raising=False)
    monkeypatch.delitem(sys.modules, "keras_multimodal.demo")
    monkeypatch.delattr(keras_multimodal, "demo")
    monkeypatch.delitem(sys.modules, "sklearn", raising=False)
    failing = Failing()
    monkeypatch.setattr(sys, "meta_path", [failing, *sys.meta_path])
    assert cli.main(["demo"]) == 2
    assert failing.spared
    said = capfd.readouterr().err.splitlines()
    assert said[-2:] == [
        "libcuda is of another version",
        "keras-multimodal: the demo cannot be loaded",
    ]


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
@pytest.mark.parametrize("place", ["variable", "file"])
def test_what_others_import_where_it_is_installed_is_spared(monkeypatch, tmp_path, backend, place):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if place == "file":
        monkeypatch.delenv("KERAS_BACKEND", raising=False)
        (tmp_path / "keras.json").write_text(json.dumps({"backend": backend}))
    else:
        monkeypatch.setenv("KERAS_BACKEND", backend)
    monkeypatch.delitem(sys.modules, "sklearn", raising=False)
    with without_spare_imports():
        spared = "sklearn" in sys.modules
        if spared:
            with pytest.raises(ImportError, match="sklearn"):
                import sklearn  # noqa: F401
    assert spared == (backend == "tensorflow")
    assert "sklearn" not in sys.modules


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_process_that_is_ended_tidies_up_and_says_so(monkeypatch, capsys, name):
    number = getattr(signal, name)
    tidied = []

    def work(output, **options):
        try:
            os.kill(os.getpid(), number)
        finally:
            tidied.append(signal.getsignal(number))

    monkeypatch.setattr(demo, "run", work)
    before = signal.signal(number, signal.SIG_DFL)
    try:
        assert cli.main(["demo"]) == 128 + number
        said = f"keras-multimodal: ended by {name}; nothing was written.\n"
        assert capsys.readouterr().err == said
        assert tidied == [signal.SIG_DFL]  # a second one would have ended it at once
        assert signal.getsignal(number) is signal.SIG_DFL
        signal.signal(number, signal.SIG_IGN)  # as `nohup` has it
        assert cli.main(["demo"]) == 0
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)


def test_another_thread_sets_no_signals(monkeypatch):
    monkeypatch.setattr(demo, "run", lambda output, **options: None)
    codes = []
    thread = threading.Thread(target=lambda: codes.append(cli.main(["demo"])))
    thread.start()
    thread.join()
    assert codes == [0]


class FullFile(io.StringIO):
    """A file on a full disk."""

    def flush(self):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_findings_that_find_no_room_are_said(monkeypatch):
    monkeypatch.setattr(sys, "stdout", FullFile())
    with pytest.raises(FullDiskError, match="'standard output' could not be written: no room"):
        say("a finding", {})


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            ChangedOutputError("'run' was written. Move it elsewhere"),
            "elsewhere; then run this again",
        ),
        (FullDiskError("'run' could not be written. Make room"), "Make room; then run this again"),
        (FileExistsError("'other' is there"), "keras-multimodal: 'other' is there"),
    ],
)
def test_what_is_to_be_done_first_is_said_first(monkeypatch, capsys, error, said):
    def fail(output, **options):
        raise error

    monkeypatch.setattr(demo, "run", fail)
    assert cli.main(["demo"]) == 2
    assert capsys.readouterr().err.endswith(f"{said}\n")
