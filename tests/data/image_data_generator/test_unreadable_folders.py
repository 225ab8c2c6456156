"""A folder that may not be listed is named: what it holds is not left out in silence."""

import errno
import os

import pytest

from keras_multimodal.data import AudioStream, ImageStream

READERS = [
    pytest.param(ImageStream().flow_from_directory, id="image"),
    pytest.param(AudioStream(8000, 8).from_directory, id="audio"),
]


@pytest.fixture
def locked(tmp_path, monkeypatch):
    """A class folder with a folder that nobody may list, not even root, whom modes don't stop."""
    folder = tmp_path / "cat" / "locked"
    folder.mkdir(parents=True)
    (tmp_path / "cat" / "a.png").write_bytes(b"x")
    (tmp_path / "cat" / "a.wav").write_bytes(b"x")
    scandir = os.scandir

    def refusing(path="."):
        if os.fspath(path) == os.fspath(folder):
            raise PermissionError(errno.EACCES, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    return folder


@pytest.mark.parametrize("read_folder", READERS)
def test_a_folder_that_cannot_be_listed_is_named(locked, read_folder):
    with pytest.raises(PermissionError, match=r"cat/locked' \(Permission denied\). Correct"):
        read_folder(locked.parent.parent)


@pytest.mark.parametrize("read_folder", READERS)
def test_so_is_one_without_read_permission(open_folder, as_nobody, read_folder):
    locked = open_folder / "cat" / "locked"
    locked.mkdir(parents=True)
    (locked.parent / "a.png").write_bytes(b"x")
    locked.parent.chmod(0o755)
    locked.chmod(0)
    with as_nobody(), pytest.raises(PermissionError, match=r"cat/locked' \(Permission denied\)"):
        read_folder(open_folder)
