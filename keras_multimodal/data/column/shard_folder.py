"""What is made of cells, kept on disk, so that later runs need not make it again."""

import contextlib
import hashlib
import os
import pathlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from keras_multimodal._disk_space import named_where_full
from keras_multimodal._folders import LEFT_BEHIND
from keras_multimodal.data.column.digests import digest

_SHARD = "shard-"
_DIGESTS = "digests.npy"


class ShardFolder:
    """A folder of shards, in which what was made of a cell is found by the cell's fingerprint.

    A shard is a folder, `shard-<digest>`. Its `digests.npy` has the fingerprints of its cells; its
    other files are what was made of them. It appears whole or not at all, and is never changed:
    where two processes make the same one, the first stays. What a killed process left is removed
    once it is an hour old. A cell that changes has another fingerprint, so that it is made anew;
    what was made of it before stays where it is, unused.

    Args:
        directory: The folder, which need not be there yet.
    """

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        for partial in directory.glob(f".{_SHARD}*"):
            with contextlib.suppress(FileNotFoundError):  # its process has finished it just now
                if time.time() - partial.stat().st_mtime > LEFT_BEHIND:
                    shutil.rmtree(partial)

    @classmethod
    def of(
        cls, directory: str | os.PathLike[str], name: str, recipe: Any, argument: str
    ) -> "ShardFolder":
        """Return the folder of what is made of a modality in one way: `<name>-<digest>`.

        Args:
            directory: The folder that the user named. What is made in other ways is beside.
            name: The modality's name.
            recipe: What says how it is made, as JSON can hold it.
            argument: The argument that `directory` came with, for messages.

        Raises:
            ValueError: If `directory` is a file.
        """
        if os.path.exists(directory) and not os.path.isdir(directory):
            raise ValueError(f"{argument} must be a folder. Received: {os.fspath(directory)!r}")
        return cls(pathlib.Path(directory, f"{name}-{digest(recipe)}"))

    def shards(self) -> Iterator[tuple[pathlib.Path, list[str]]]:
        """Yield each shard and the fingerprints of its cells.

        Raises:
            ValueError: If a shard is damaged. The message names it.
        """
        for shard in sorted(self.directory.glob(f"{_SHARD}*")):
            with whole_shard(shard):
                fingerprints = np.load(shard / _DIGESTS).tolist()
            yield shard, fingerprints

    def add(
        self, fingerprints: Sequence[str], write: Callable[[pathlib.Path], None]
    ) -> pathlib.Path:
        """Write a shard, and return it.

        Args:
            fingerprints: Those of its cells.
            write: Writes what was made of them to a folder.

        Raises:
            FullDiskError: If there is no room.
        """
        name = hashlib.blake2b("".join(fingerprints).encode(), digest_size=8).hexdigest()
        shard = self.directory / f"{_SHARD}{name}"
        with contextlib.ExitStack() as stack:
            stack.enter_context(named_where_full(self.directory))
            self.directory.mkdir(parents=True, exist_ok=True)
            # Within a private temporary folder, so that what is written has the usual permissions.
            private = tempfile.TemporaryDirectory(prefix=f".{shard.name}-", dir=self.directory)
            temporary = stack.enter_context(private)
            partial = pathlib.Path(temporary) / "new"
            partial.mkdir()
            write(partial)
            np.save(partial / _DIGESTS, np.asarray(fingerprints))
            try:
                partial.rename(shard)
            except OSError:
                if not shard.is_dir():
                    raise
                # Another process was the first to write it, and may be reading it already.
        return shard


@contextlib.contextmanager
def whole_shard(shard: pathlib.Path) -> Iterator[None]:
    """Say what to do about a shard that cannot be read.

    Raises:
        ValueError: If it is damaged. The message names it.
    """
    try:
        yield
    except (OSError, EOFError, ValueError) as error:
        raise ValueError(
            f"{shard} must be a whole shard. It could not be read: {error}. Remove it, and its "
            "rows are made anew"
        ) from error
