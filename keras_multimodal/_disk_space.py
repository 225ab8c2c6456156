"""The error of a disk that is full."""

import contextlib
import errno
import os
from collections.abc import Iterator

_PROBLEMS = {
    errno.ENOSPC: "no room is left on its disk",
    errno.EFBIG: "its disk, or `ulimit -f`, allows no file that large",
}
if hasattr(errno, "EDQUOT"):  # Windows has none
    _PROBLEMS[errno.EDQUOT] = "the quota of its disk is used up"


class FullDiskError(OSError):
    """An error of a disk without room; its `str` names what was written, and says what to do."""


@contextlib.contextmanager
def named_where_full(path: str | os.PathLike[str]) -> Iterator[None]:
    """Say of what is written in here that it found no room, where that is what went wrong.

    The system's own error has no name, TensorFlow's is of another type, and both say no more than
    that.

    Args:
        path: What is written.

    Raises:
        FullDiskError: If there is no room.
    """
    try:
        yield
    except FullDiskError:
        raise
    except Exception as error:
        number = _number(error)
        if number is None:
            raise
        raise FullDiskError(
            f"{os.fspath(path)!r} could not be written: {_PROBLEMS[number]}. Make room"
        ) from error


def _number(error: Exception) -> int | None:
    """Return which of the problems an error is, if it is one."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno if error.errno in _PROBLEMS else None
    return next((number for number in _PROBLEMS if os.strerror(number) in str(error)), None)
