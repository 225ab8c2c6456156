"""What is made once for all workers is whole, made once, and left as it is."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
import resvg_py

from keras_multimodal.datasets import write_open_moji
from keras_multimodal.datasets._icons import read_icons
from tests.suite.shared_results import digest, is_changed, made_once

SIZE = 8  # pixels; quick to draw
ROOT = pathlib.Path(__file__).parents[2]

ASKING = """
import pathlib, time
from tests.suite.shared_results import made_once

home = pathlib.Path("home")

def make(folder):
    folder.mkdir()
    (folder / "first.txt").touch()
    with open("made.log", "a") as log:
        log.write("made\\n")
    while not pathlib.Path("go_on").exists():
        time.sleep(0.01)
    (folder / "second.txt").touch()

print("asking", flush=True)
print(sorted(path.name for path in made_once(home, "results", make).iterdir()))
"""


def python(folder, *arguments):
    """Return a process of its own, in a folder."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for_file(path, process):
    end = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, "it ended before that"
        assert time.monotonic() < end, f"{path} does not come"
        time.sleep(0.01)


def make(folder):
    folder.mkdir()
    (folder / "whole.txt").write_text("whole")


def test_what_a_killed_maker_left_is_made_anew(tmp_path):
    process = python(tmp_path, "-c", ASKING)
    wait_for_file(tmp_path / "home" / "results.partial" / "first.txt", process)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    folder = made_once(tmp_path / "home", "results", make)
    assert [path.name for path in folder.iterdir()] == ["whole.txt"]
    assert not (tmp_path / "home" / "results.partial").exists()


def test_of_two_that_ask_at_once_one_makes_and_the_other_waits(tmp_path):
    first = python(tmp_path, "-c", ASKING)
    wait_for_file(tmp_path / "home" / "results.partial" / "first.txt", first)
    second = python(tmp_path, "-c", ASKING)
    assert second.stdout.readline() == "asking\n"
    assert not (tmp_path / "home" / "results").exists()
    (tmp_path / "go_on").touch()
    for process in (first, second):
        said, _ = process.communicate(timeout=60)
        assert said.endswith("['first.txt', 'second.txt']\n")
        assert process.returncode == 0
    assert (tmp_path / "made.log").read_text() == "made\n"


def test_what_could_not_be_made_is_made_anew(tmp_path):
    def fail(folder):
        make(folder)
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        made_once(tmp_path, "results", fail)
    assert not (tmp_path / "results").exists()
    folder = made_once(tmp_path, "results", make)
    assert made_once(tmp_path, "results", fail) == folder


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "whole.txt").write_text("Whole"),
        lambda folder: (folder / "whole.txt").unlink(),
        lambda folder: (folder / "whole.txt").rename(folder / "other.txt"),
        lambda folder: (folder / "more").mkdir(),
    ],
    ids=["content", "a file less", "a name", "a folder more"],
)
def test_a_change_is_seen(tmp_path, change):
    folder = made_once(tmp_path, "results", make)
    assert not is_changed(tmp_path, "results")
    change(folder)
    assert is_changed(tmp_path, "results")


ROOM = """
import pytest

def make(folder):
    folder.mkdir()
    (folder / "whole.txt").touch()
    with open("made.log", "a") as log:
        log.write("made\\n")

@pytest.mark.parametrize("place", range(4))
def test_of_readers(shared_folder, worker_id, place):
    folder = shared_folder("results", make)
    assert [path.name for path in folder.iterdir()] == ["whole.txt"]
    with open("workers.log", "a") as log:
        log.write(f"{worker_id}\\n")

def test_of_a_writer(shared_folder):
    (shared_folder("results", make) / "mine.txt").touch()
"""


def run_pytest(folder, *arguments):
    (folder / "test_room.py").write_text(ROOM)
    options = (
        "-p",
        "tests.suite.shared_results",
        "-p",
        "no:cacheprovider",
        "--basetemp",
        "temporary",
    )
    process = python(folder, "-m", "pytest", "-q", *options, *arguments, "test_room.py")
    said, _ = process.communicate(timeout=120)
    return process.returncode, said


def test_the_workers_of_a_run_share_it(tmp_path):
    code, said = run_pytest(tmp_path, "-n", "2", "-k", "readers")
    assert code == 0, said
    assert (tmp_path / "made.log").read_text() == "made\n"
    assert set((tmp_path / "workers.log").read_text().split()) == {"gw0", "gw1"}


def test_a_run_in_which_a_test_has_changed_it_fails(tmp_path):
    code, said = run_pytest(tmp_path)
    assert code == 1
    assert "tests have changed what is shared for reading: ['results']" in said
    assert "5 passed, 1 error" in said


def test_icons_are_read_where_they_are_drawn_already(
    shared_icons, reuse_icons, tmp_path, monkeypatch
):
    icons = read_icons()[::100]
    toned = read_icons(skin_tones=True)[::200]
    drawn = {icon.key: icon.png(SIZE) for icon in [*icons, *toned]}
    larger = icons[0].png(SIZE + 1)
    folder = shared_icons(SIZE)
    assert all((folder / "icons" / f"{i.key}.png").read_bytes() == drawn[i.key] for i in icons)

    reuse_icons(SIZE)
    assert all(icon.png(SIZE) == drawn[icon.key] for icon in [*icons, *toned])
    assert icons[0].png(SIZE + 1) == larger

    def fail(**_):
        raise AssertionError("it is drawn again")

    monkeypatch.setattr(resvg_py, "svg_to_bytes", fail)
    assert digest(write_open_moji(tmp_path / "icons", size=SIZE)) == digest(folder)
