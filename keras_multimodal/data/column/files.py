"""Folders and the files in them, whatever these hold."""

import os
import stat
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

import tensorflow as tf

from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.data.column.missing_files import why_missing

# What an archive made on macOS unpacks to elsewhere, and the previews on a network storage.
_MADE_BY_PROGRAMS = ("__MACOSX", "@eaDir")

_MAX_GIB = 1  # what a file may have at most, which is read as a whole


def existing_folder(directory: str | os.PathLike[str]) -> str:
    """Return the folder's path; an error if it is none."""
    path = os.fspath(directory)
    if not os.path.isdir(path):
        raise FileNotFoundError(
            f"`directory` must be a folder. Received: {path!r}, which is not one. "
            "Correct the path, or create it."
        )
    return path


def sub_folders(directory: str) -> list[str]:
    """Return the names of the folders in a folder, sorted, but for those that no user made.

    Args:
        directory: The folder.
    """
    return sorted(
        entry.name for entry in os.scandir(directory) if entry.is_dir() and is_users(entry.name)
    )


def is_users(name: str) -> bool:
    """Return whether a file or a folder was made by a user, and not by a program beside it.

    Hidden ones were not: `.ipynb_checkpoints` holds copies of notebooks, and `._x.png` what macOS
    writes of `x.png` on other disks and in archives.

    Args:
        name: Its name, without the folder.
    """
    return not name.startswith(".") and name not in _MADE_BY_PROGRAMS


def walk(
    directory: str, follow_links: bool, seen: set[str]
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield what `os.walk` does, but enter no folder twice, whatever the links say.

    What programs have put beside the user's files is left out; see `is_users`.

    Raises:
        OSError: If a folder cannot be listed. The message names it.
    """
    for parent, folders, files in os.walk(directory, onerror=_refuse, followlinks=follow_links):
        real = os.path.realpath(parent)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = filter(is_users, folders)
        yield parent, folders, list(filter(is_users, files))


def _refuse(error: OSError) -> None:
    raise type(error)(
        f"Every folder must be one that can be listed. Received: {error.filename!r} "
        f"({error.strerror}). Correct its permissions, or move it elsewhere."
    ) from error


def file_problem(path: str | os.PathLike[str]) -> str:
    """Return why a file must not be read, an empty string where it may.

    Reading a pipe waits for ever, and reading a device such as `/dev/zero` fills the memory. What
    is not there is no such problem: reading it says so.

    Args:
        path: The file; a link counts as what it leads to.
    """
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return ""
    if not stat.S_ISREG(found.st_mode):
        return "is no regular file, but a folder, a pipe or a device"
    if found.st_size > _MAX_GIB * 2**30:
        return f"has more than {_MAX_GIB} GiB"
    return ""


def file_problems(paths: Iterable[str]) -> dict[str, str]:
    """Return the files that must not be read, and why.

    Args:
        paths: The files; empty ones don't count.
    """
    problems = {path: file_problem(path) for path in paths if path}
    return {path: problem for path, problem in problems.items() if problem}


def make_file_reader(problems: dict[str, str]) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return the graph function from a path to the file's bytes.

    Args:
        problems: What `file_problems` returned of all paths: these are an error, before anything
            waits for them.
    """
    if not problems:
        return tf.io.read_file
    paths, reasons = tf.constant(list(problems)), tf.constant(list(problems.values()))

    def read(path: tf.Tensor) -> tf.Tensor:
        reason = tf.strings.reduce_join(tf.boolean_mask(reasons, tf.equal(paths, path)))
        check = tf.debugging.Assert(tf.equal(reason, ""), [tf.strings.join(["The file ", reason])])
        with tf.control_dependencies([] if check is None else [check]):
            return tf.io.read_file(tf.identity(path))

    return read


def check_files(
    paths: Sequence[str], keys: Sequence[Hashable], source: str, kind: str = "picture"
) -> None:
    """Refuse files that are missing, empty or none; what they hold is checked when read."""
    missing, empty, special = [], [], []
    for path, key in zip(paths, keys, strict=True):
        if path:
            problem = file_problem(path)
            if problem:
                special.append((key, path, problem))
                continue
            try:
                if not os.stat(path).st_size:
                    empty.append((key, path))
            except OSError:
                missing.append((key, path))
    if missing:
        reason = why_missing(missing[0][1]).partition(": ")[2]
        raise FileNotFoundError(
            f"{source} must name files that are there. Received: {len(missing)} that "
            f"{'is' if len(missing) == 1 else 'are'} not, as (row, file): {name_keys(missing)}. "
            f"{reason and f'Of the first one: {reason}. '}"
            f"Correct the names, or empty the cells of rows that have no {kind}."
        )
    if special:
        raise ValueError(
            f"{source} must name {kind}s. Received: {len(special)} that cannot be, as (row, file, "
            f"reason): {name_keys(special)}. Correct the names, or empty the cells."
        )
    if empty:
        raise ValueError(
            f"{source} must name {kind}s. Received: {len(empty)} of 0 bytes, as (row, file): "
            f"{name_keys(empty)}. Replace the files, or empty the cells."
        )
