"""What is made once for all workers of a test run: folders of icons, of features, of trained runs.

Whichever worker asks first makes the folder, and the others wait. It is for reading: a test that
changes a file does so in a copy, and a folder that has changed by the end of the run is an error.
"""

import contextlib
import fcntl
import hashlib
import shutil

import pytest


def made_once(home, name, make):
    """Return the folder `home / name`; the first to ask makes it.

    Args:
        home: The folder in which all who share it look.
        name: Says what is in it; who asks for the same name makes the same.
        make: Called with the path to write to, which is not there yet. It becomes the folder once
            `make` is done, so that what a killed process leaves is never taken for whole.
    """
    target = home / name
    with _locked(home, name):
        if not target.is_dir():
            partial = home / f"{name}.partial"
            if partial.exists():  # its maker was killed, or has failed
                shutil.rmtree(partial)
            make(partial)
            _seal(home, name).write_text(digest(partial))
            partial.rename(target)
    return target


def is_changed(home, name):
    """Return whether a folder is no longer what was made."""
    return digest(home / name) != _seal(home, name).read_text()


def digest(folder):
    """Return a checksum of the names and contents of all that is in a folder."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        found.update(f"{path.relative_to(folder)}\0{len(content)}\0".encode() + content)
    return found.hexdigest()


def _seal(home, name):
    return home / f"{name}.sha256"


@contextlib.contextmanager
def _locked(home, name):
    """Wait until no other process makes the folder. The lock of a killed process is free."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            # A fork that lives on has the open file too.
            fcntl.flock(file, fcntl.LOCK_UN)


@pytest.fixture(scope="session")
def shared_folder(request, tmp_path_factory):
    """`shared_folder(name, make)`: what `make` writes, made once for all workers, for reading."""
    base = tmp_path_factory.getbasetemp()
    workers = hasattr(request.config, "workerinput")
    home = (base.parent if workers else base) / "shared"
    used = set()

    def get(name, make):
        folder = made_once(home, name, make)
        used.add(name)
        return folder

    yield get
    changed = sorted(name for name in used if is_changed(home, name))
    assert not changed, f"tests have changed what is shared for reading: {changed} in {home}"


@pytest.fixture(scope="session")
def shared_icons(shared_folder):
    """`shared_icons(size)`: the folder that `write_open_moji` writes, for reading."""
    from keras_multimodal.datasets import write_open_moji

    def get(size=72):
        return shared_folder(f"icons_{size}px", lambda path: write_open_moji(path, size=size))

    return get


@pytest.fixture
def reuse_icons(shared_icons, monkeypatch):
    """`reuse_icons(size)`: icons of that size are read from the shared ones, not drawn again."""
    from keras_multimodal.datasets._icons import Icon

    def reuse(size=72):
        draw, folder = Icon.png, shared_icons(size)

        def png(icon, wanted):
            file = folder / "icons" / f"{icon.key}.png"
            known = wanted == size and file.is_file()  # no skin tones are among the shared ones
            return file.read_bytes() if known else draw(icon, wanted)

        monkeypatch.setattr(Icon, "png", png)

    return reuse
