"""Folders and files that appear whole or not at all, and one writer at a time."""

import os
import subprocess
import sys
import time

import pytest
from disk_limits import no_file_above

from keras_multimodal._disk_space import FullDiskError
from keras_multimodal._folders import (
    LEFT_BEHIND,
    remove_old_remains,
    replace_file,
    replace_folder,
)
from keras_multimodal.errors import ArgumentError


def _replace(path, overwrite=True):
    return replace_folder(path, overwrite, marker="marker", argument="output")


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def _earlier(path):
    path.mkdir()
    (path / "marker").write_text("earlier")


def test_what_was_there_is_put_back_where_the_new_folder_cannot_take_its_place(tmp_path):
    _earlier(tmp_path / "run")
    # Nothing is written, so there is nothing to rename.
    with pytest.raises(FileNotFoundError, match="new"), _replace(tmp_path / "run"):
        pass
    assert (tmp_path / "run" / "marker").read_text() == "earlier"
    assert _names(tmp_path) == ["run"]


_WRITE_AND_WAIT = """
import sys, time
sys.argv[0] = "keras-multimodal"  # which imports no TensorFlow before it is needed
from keras_multimodal._folders import replace_file, replace_folder

if sys.argv[1] == "file":
    context = replace_file(sys.argv[2])
else:
    context = replace_folder(sys.argv[2], True, marker="marker")
with context as partial:
    if sys.argv[1] == "folder":
        partial.mkdir()
        partial = partial / "model.keras"
    partial.write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def writing():
    """Starts processes that write to a path until they are killed."""
    processes = []

    def start(kind, path):
        command = [sys.executable, "-c", _WRITE_AND_WAIT, kind, str(path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout.readline() == "writing\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def _write(kind, path):
    """Write a folder or a file."""
    if kind == "file":
        with replace_file(path, argument="output") as partial:
            partial.write_text("whole")
        return path.read_text()
    with _replace(path) as partial:
        partial.mkdir()
        (partial / "marker").write_text("whole")
    return (path / "marker").read_text()


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_two_write_one_output_one_after_the_other(tmp_path, writing, kind):
    output = tmp_path / "run"
    other = writing(kind, output)
    busy = rf"`output` must be written.*run', which process {other.pid} on .* is writing now; wait"
    with pytest.raises(ArgumentError, match=busy):
        _write(kind, output)
    assert _write(kind, tmp_path / "run2") == "whole"
    other.kill()
    other.wait()
    # What it has left is known by nobody else, and its lock has ended with it.
    assert len([name for name in _names(tmp_path) if name.startswith(".run")]) == 2
    assert _write(kind, output) == "whole"
    assert _names(tmp_path) == ["run", "run2"]


def test_only_what_this_package_has_left_is_removed(tmp_path):
    theirs = [".run-abcdefgh", ".run-12345678", ".run-short", ".run2-abcdefgh", ".run"]
    for name in theirs:
        (tmp_path / name).mkdir()
        (tmp_path / name / "notes").write_text("mine")
    (tmp_path / ".run-a_linked").symlink_to(tmp_path / ".run", target_is_directory=True)
    for name in (".run-00000000", ".run-11111111"):  # as earlier versions left them
        (tmp_path / name / "new").mkdir(parents=True)
    assert _write("folder", tmp_path / "run") == "whole"
    assert _names(tmp_path) == sorted([*theirs, ".run-a_linked", "run"])


def test_where_several_may_write_at_once_what_is_an_hour_old_is_removed(tmp_path):
    for name, age in ((".icons-00000000", 0), (".icons-11111111", LEFT_BEHIND + 9)):
        (tmp_path / name / "new").mkdir(parents=True)
        started = time.time() - age
        os.utime(tmp_path / name, (started, started))
    remove_old_remains(tmp_path / "icons")
    assert _names(tmp_path) == [".icons-00000000"]


@pytest.mark.parametrize("parts", [["old", "new"], ["old"]])
def test_an_exchange_that_was_cut_off_is_ended(tmp_path, parts):
    for part in parts:
        (tmp_path / ".run-abcdefgh" / part).mkdir(parents=True)
        (tmp_path / ".run-abcdefgh" / part / "marker").write_text(part)
    with pytest.raises(ArgumentError, match="new or empty"), _replace(tmp_path / "run", False):
        raise AssertionError("was not asked for")
    assert (tmp_path / "run" / "marker").read_text() == parts[-1]
    assert _names(tmp_path) == ["run"]


@pytest.mark.parametrize("before", [None, "empty", "earlier"])
def test_a_folder_that_was_written_meanwhile_is_not_replaced(tmp_path, before):
    run = tmp_path / "run"
    if before is not None:
        run.mkdir()
    if before == "earlier":
        (run / "marker").write_text("earlier")

    def write_while_another_does():
        with _replace(run) as partial:
            partial.mkdir()
            if before == "earlier":
                run.rename(tmp_path / "elsewhere")
            run.mkdir(exist_ok=True)
            (run / "marker").write_text("theirs")

    with pytest.raises(FileExistsError, match=rf"{run}' was written by somebody else meanwhile"):
        write_while_another_does()
    assert (run / "marker").read_text() == "theirs"
    assert not list(tmp_path.glob(".*"))


def test_a_file_that_was_written_meanwhile_is_not_replaced(tmp_path):
    file = tmp_path / "scores.json"

    def write_while_another_does():
        with replace_file(file, overwrite=False) as partial:
            partial.write_text("ours")
            file.write_text("theirs")

    with pytest.raises(FileExistsError, match=r"scores.json' was written by somebody else"):
        write_while_another_does()
    assert file.read_text() == "theirs"
    assert _names(tmp_path) == ["scores.json"]


def test_a_file_that_cannot_be_written_is_refused_before_the_work(tmp_path):
    (tmp_path / "there").write_text("")
    for path, problem in (
        ("there", "must be new"),
        ("no/scores.json", "must be in a folder that is there"),
        (".", "must be a file"),
    ):
        file = replace_file(tmp_path / path, overwrite=False, argument="output")
        with pytest.raises(ArgumentError, match=f"`output` {problem}.*Received"), file:
            raise AssertionError("was not asked for")


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_full_disk_is_said_with_the_name_and_leaves_nothing(tmp_path, kind):
    def write():
        output = tmp_path / "run"
        context = _replace(output) if kind == "folder" else replace_file(output)
        with context as partial:
            if kind == "folder":
                partial.mkdir()
                partial = partial / "marker"
            partial.write_bytes(bytes(10_000))

    with (
        pytest.raises(FullDiskError, match=r"run' could not be written: its disk.*Make room"),
        no_file_above(4096),
    ):
        write()
    assert _names(tmp_path) == []
