"""A folder that appears whole or not at all."""

import contextlib
import os
import pathlib
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def replace_folder(directory: str | os.PathLike[str], overwrite: bool) -> Iterator[pathlib.Path]:
    """Yields a path to write a SavedModel to; it becomes `directory` if nothing fails.

    Args:
        directory: The folder wanted.
        overwrite: Whether a SavedModel that stands there may be replaced.

    Raises:
        ValueError: If `directory` is a file, or is not empty and may not be replaced.
    """
    target = pathlib.Path(directory).resolve()
    _check_target(target, directory, overwrite)
    target.parent.mkdir(parents=True, exist_ok=True)
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


def _check_target(target: pathlib.Path, directory: str | os.PathLike[str], overwrite: bool) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise ValueError(f"`directory` must be a folder. Received: directory={str(directory)!r}")
    if not any(target.iterdir()):
        return
    if not overwrite:
        raise ValueError(
            "`directory` must be new or empty, or come with `overwrite=True`. "
            f"Received: directory={str(directory)!r}, which is not empty"
        )
    # A slip such as "." must not cost somebody a folder of other things.
    if not (target / "saved_model.pb").is_file():
        raise ValueError(
            "`directory` must hold a SavedModel if it is to be overwritten; remove what is there "
            f"first. Received: directory={str(directory)!r}, which has no saved_model.pb"
        )
