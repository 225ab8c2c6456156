"""A lock on what is written, held by one process and gone with it."""

import contextlib
import os
import pathlib
import socket
import sys
from collections.abc import Iterator

_FAR = 2**30  # Windows locks bytes, and those that are locked cannot be read


class LockedError(OSError):
    """Another process holds the lock; its `str` says which."""


@contextlib.contextmanager
def locked(path: pathlib.Path) -> Iterator[bool]:
    """Hold a lock on a path that is to be written.

    The lock is a file beside it, `.<name>.lock`, on which the system has a lock. The file goes with
    the lock; that of a process which was killed stays, without a lock, and the next one takes it.

    Args:
        path: What is to be written, in a folder that exists.

    Yields:
        Whether there is a lock; False where the file system has none.

    Raises:
        LockedError: If another process, or another part of this one, holds it.
    """
    file = path.with_name(f".{path.name}.lock")
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            held = _try_lock(descriptor)
        except BlockingIOError as error:
            writer = os.read(descriptor, 200).decode("utf-8", "replace")
            os.close(descriptor)
            raise LockedError(writer or "another process") from error
        if _is_at(descriptor, file):
            break
        os.close(descriptor)  # whoever had it has removed it since
    try:
        os.truncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())
        yield held
    finally:
        if sys.platform == "win32":  # where an open file cannot be removed
            os.close(descriptor)
            with contextlib.suppress(OSError):  # the next process has it
                file.unlink()
        else:
            file.unlink(missing_ok=True)
            os.close(descriptor)


def _is_at(descriptor: int, file: pathlib.Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError from error
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:  # some file systems on a network have no locks
            return False
        return True
