"""Folders and files that appear whole or not at all."""

import contextlib
import os
import pathlib
import tempfile
from collections.abc import Iterator

from keras_multimodal.errors import ArgumentError


@contextlib.contextmanager
def replace_folder(
    directory: str | os.PathLike[str],
    overwrite: bool,
    *,
    marker: str,
    argument: str = "directory",
) -> Iterator[pathlib.Path]:
    """Yields a path to write to; what is there becomes `directory` if nothing fails.

    Args:
        directory: The folder wanted.
        overwrite: Whether a folder that stands there may be replaced.
        marker: The file by which a folder that may be replaced is known, so that a slip such as
            "." doesn't cost somebody a folder of other things.
        argument: The caller's argument that names the directory.

    Raises:
        ArgumentError: If `directory` is a file, or is not empty and may not be replaced.
    """
    target = pathlib.Path(directory).resolve()
    if target.exists():
        if not target.is_dir():
            raise ArgumentError(argument, f"must be a folder. Received: {os.fspath(directory)!r}")
        filled = any(target.iterdir())
        known = (target / marker).is_file()
        if filled and not overwrite:
            other = ", or come with `overwrite=True`" if known else ""
            raise ArgumentError(
                argument,
                f"must be new or empty{other}. "
                f"Received: {os.fspath(directory)!r}, which is not empty",
            )
        if filled and not known:
            raise ArgumentError(
                argument,
                "must be a folder written by an earlier call if it is to be overwritten; remove "
                "what is there, or choose another. "
                f"Received: {os.fspath(directory)!r}, which has no {marker}",
            )
    created = [parent for parent in target.parents if not parent.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield from _fill(target)
    except BaseException:
        for parent in created:
            with contextlib.suppress(OSError):  # somebody else has put something there since
                parent.rmdir()
        raise


def _fill(target: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yields a path beside the target, and puts what is there in the target's place."""
    # Within a private temporary folder, so that what is written has the usual permissions, and
    # beside the target, so that it can be renamed.
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as temporary:
        partial = pathlib.Path(temporary) / "new"
        yield partial
        if not target.exists():
            partial.rename(target)
            return
        old = pathlib.Path(temporary) / "old"
        target.rename(old)
        try:
            partial.rename(target)
        except OSError:
            old.rename(target)
            raise


@contextlib.contextmanager
def replace_file(path: str | os.PathLike[str]) -> Iterator[pathlib.Path]:
    """Yields a path to write to; what is there becomes `path` if nothing fails.

    Args:
        path: The file wanted, in a folder that exists; an earlier one is replaced.
    """
    target = pathlib.Path(path)
    # Beside the target, so that it can be renamed.
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as temporary:
        partial = pathlib.Path(temporary) / target.name
        yield partial
        partial.replace(target)
