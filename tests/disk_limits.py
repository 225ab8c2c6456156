"""Disks that are full."""

import contextlib
import resource


@contextlib.contextmanager
def no_file_above(size):
    """Let no file of this process become larger, as where a disk is full.

    Args:
        size: In bytes.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
