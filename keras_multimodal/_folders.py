"""Folders and files that appear whole or not at all, each written by one process at a time."""

import contextlib
import os
import pathlib
import re
import shutil
import tempfile
import time
from collections.abc import Iterator

from keras_multimodal._disk_space import named_where_full
from keras_multimodal._locks import LockedError, locked
from keras_multimodal.errors import ArgumentError, MissingFileError

LEFT_BEHIND = 3600.0  # seconds after which nobody is still writing
_NEW, _OLD = "new", "old"


class ChangedOutputError(FileExistsError):
    """Somebody else has written the output while it was written."""


@contextlib.contextmanager
def replace_folder(
    directory: str | os.PathLike[str],
    overwrite: bool,
    *,
    marker: str,
    argument: str = "directory",
) -> Iterator[pathlib.Path]:
    """Yields a path to write to; what is there becomes `directory` if nothing fails.

    What a killed process has left of the same folder is removed.

    Args:
        directory: The folder wanted.
        overwrite: Whether a folder that stands there may be replaced.
        marker: The file by which a folder that may be replaced is known, so that a slip such as
            "." doesn't cost somebody a folder of other things.
        argument: The caller's argument that names the directory.

    Raises:
        ArgumentError: If `directory` is a file, is not empty and may not be replaced, or is being
            written by another process.
        ChangedOutputError: If it was made, or replaced, while this was written.
        FullDiskError: If there is no room.
    """
    target, given = pathlib.Path(directory).resolve(), os.fspath(directory)
    _check_folder(target, given, overwrite, marker, argument)
    created = [parent for parent in target.parents if not parent.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with _one_writer(target, argument):
            # Another may have written it since.
            _check_folder(target, given, overwrite, marker, argument)
            yield from _fill(target)
    except BaseException:
        for parent in created:
            with contextlib.suppress(OSError):  # somebody else has put something there since
                parent.rmdir()
        raise


def _check_folder(
    target: pathlib.Path, given: str, overwrite: bool, marker: str, argument: str
) -> None:
    """Refuse what may not be replaced."""
    if not target.exists():
        return
    if not target.is_dir():
        raise ArgumentError(argument, f"must be a folder. Received: {given!r}")
    filled = any(target.iterdir())
    known = (target / marker).is_file()
    if filled and not overwrite:
        other = ", or come with `overwrite=True`" if known else ""
        raise ArgumentError(
            argument,
            f"must be new or empty{other}. Received: {given!r}, which is not empty",
        )
    if filled and not known:
        raise ArgumentError(
            argument,
            "must be a folder written by an earlier call if it is to be overwritten; remove "
            f"what is there, or choose another. Received: {given!r}, which has no {marker}",
        )


def _fill(target: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yields a path beside the target, and puts what is there in the target's place."""
    before = _state(target)
    with _temporary_folder(target) as temporary:
        partial = temporary / _NEW
        yield partial
        if _state(target) != before:
            raise ChangedOutputError(
                f"{str(target)!r} was written by somebody else meanwhile, and is left as it is. "
                "Move it elsewhere"
            )
        if not target.exists():
            partial.rename(target)
            return
        old = temporary / _OLD
        target.rename(old)
        try:
            partial.rename(target)
        except OSError:
            old.rename(target)
            raise


def _state(target: pathlib.Path) -> tuple[int, bool] | None:
    """Return what tells a folder from another in its place; `None` where there is none."""
    if not target.exists():
        return None
    return target.stat().st_ino, target.is_dir() and any(target.iterdir())


@contextlib.contextmanager
def replace_file(
    path: str | os.PathLike[str], *, overwrite: bool = True, argument: str = "path"
) -> Iterator[pathlib.Path]:
    """Yields a path to write to; what is there becomes `path` if nothing fails.

    What a killed process has left of the same file is removed.

    Args:
        path: The file wanted, in a folder that exists.
        overwrite: Whether an earlier file may be replaced. Default True.
        argument: The caller's argument that names the file.

    Raises:
        ArgumentError: If the file is there and may not be replaced, or is being written by another
            process.
        ChangedOutputError: If it was made while this was written, and may not be replaced.
        FullDiskError: If there is no room.
        MissingFileError: If there is no such folder.
    """
    target = pathlib.Path(path)
    if not target.parent.is_dir():
        raise MissingFileError(
            argument, f"must be in a folder that is there. Received: {os.fspath(path)!r}"
        )
    if target.is_dir():
        raise ArgumentError(argument, f"must be a file. Received: {os.fspath(path)!r}, a folder")
    with _one_writer(target, argument):
        if target.exists() and not overwrite:
            raise ArgumentError(argument, f"must be new. Received: {os.fspath(path)!r}")
        with _temporary_folder(target) as temporary:
            partial = temporary / target.name
            yield partial
            if target.exists() and not overwrite:
                raise ChangedOutputError(
                    f"{os.fspath(path)!r} was written by somebody else meanwhile, and is left as "
                    "it is. Move it elsewhere"
                )
            partial.replace(target)


@contextlib.contextmanager
def _one_writer(target: pathlib.Path, argument: str) -> Iterator[None]:
    """Hold the target's lock, and tidy up behind those who have died with it.

    Raises:
        ArgumentError: If another process holds it.
        FullDiskError: If what is written in here finds no room.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(named_where_full(target))
        try:
            alone = stack.enter_context(locked(target))
        except LockedError as error:
            raise ArgumentError(
                argument,
                f"must be written by one at a time. Received: {str(target)!r}, which {error} is "
                "writing now; wait for its end, or choose another",
            ) from error
        if alone:
            _remove_remains(target)
        yield


@contextlib.contextmanager
def _temporary_folder(target: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yields a private folder, so that what is written in it has the usual permissions."""
    # Beside the target, so that what is in it can be renamed.
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as temporary:
        yield pathlib.Path(temporary)


def remove_old_remains(target: pathlib.Path) -> None:
    """Remove what processes have left that were killed long ago, where several may write at once.

    Args:
        target: What they wrote.
    """
    for folder, _ in _remains(target):
        with contextlib.suppress(FileNotFoundError):  # its process has ended just now
            if time.time() - folder.stat().st_mtime > LEFT_BEHIND:
                shutil.rmtree(folder)


def _remove_remains(target: pathlib.Path) -> None:
    """Remove the folders that killed processes have left, and end an exchange of folders.

    Args:
        target: What was written; the caller has its lock, so that nobody is writing there.
    """
    for folder, names in _remains(target):
        if _OLD in names and not target.exists():  # killed between two renames, all was written
            (folder / (_NEW if _NEW in names else _OLD)).rename(target)
        shutil.rmtree(folder)


def _remains(target: pathlib.Path) -> list[tuple[pathlib.Path, set[str]]]:
    """Return the private folders beside a target and what is in them.

    None that only has a name like theirs is among them.
    """
    ours = re.compile(rf"\.{re.escape(target.name)}-[a-z0-9_]{{8}}")  # as tempfile calls them
    found = []
    for entry in os.scandir(target.parent):
        if ours.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
            with contextlib.suppress(FileNotFoundError, PermissionError):  # gone, or another user's
                names = set(os.listdir(entry.path))
                if names <= {_NEW, _OLD, target.name}:
                    found.append((pathlib.Path(entry.path), names))
    return found
