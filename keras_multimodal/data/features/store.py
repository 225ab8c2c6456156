"""Features on disk, a folder of shards."""

import hashlib
import pathlib
import shutil
import time
from collections.abc import Sequence

import numpy as np

from keras_multimodal._folders import replace_folder

_SHARD = "shard-"
_LEFT_BEHIND = 3600.0  # seconds after which nobody is still writing a shard


class FeatureStore:
    """Tokens by the digest of the cell that they were made of.

    A shard is a folder: `tokens.npy`, `(tokens, dim)`, the real tokens of its rows one after
    another; `mask.npy`, `(rows, length)`, and `digests.npy`, `(rows,)`. It appears whole or not at
    all. Tokens are mapped into memory and not read before they are asked for.

    Args:
        folder: Where the shards are.
        length: Tokens of each row, padding included.
        dim: Width of each token.
    """

    def __init__(self, folder: pathlib.Path, length: int, dim: int) -> None:
        self.folder = folder
        self.length = length
        self.dim = dim
        self.places: dict[str, int] = {}
        self._tokens: list[np.ndarray] = []
        self._shards = np.zeros(0, "int64")
        self._starts = np.zeros(0, "int64")
        self._masks = np.zeros((0, length), bool)
        for left in folder.glob(f".{_SHARD}*"):  # a process was killed while it wrote
            if time.time() - left.stat().st_mtime > _LEFT_BEHIND:
                shutil.rmtree(left)
        for shard in sorted(folder.glob(f"{_SHARD}*")):
            self._open(shard)

    def write(self, digests: Sequence[str], tokens: np.ndarray, mask: np.ndarray) -> None:
        """Add a shard.

        Args:
            digests: One for each row.
            tokens: `(rows, length, dim)`, in the dtype to keep.
            mask: `(rows, length)`, which tokens are real.
        """
        name = hashlib.blake2b("".join(digests).encode(), digest_size=8).hexdigest()
        shard = self.folder / f"{_SHARD}{name}"
        with replace_folder(shard, overwrite=True, marker="digests.npy") as partial:
            partial.mkdir()
            np.save(partial / "tokens.npy", tokens[mask])
            np.save(partial / "mask.npy", mask)
            np.save(partial / "digests.npy", np.asarray(digests))
        self._open(shard)

    def read(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Tokens `(rows, length, dim)` float32 and mask of some rows; nothing where one is -1."""
        tokens = np.zeros((len(places), self.length, self.dim), "float32")
        mask = self._masks[places]
        mask[places < 0] = False
        for row, place in enumerate(places):
            if place >= 0:
                start = self._starts[place]
                own = self._tokens[self._shards[place]]
                tokens[row, mask[row]] = own[start : start + mask[row].sum()]
        return tokens, mask

    def _open(self, shard: pathlib.Path) -> None:
        try:
            digests, mask = np.load(shard / "digests.npy"), np.load(shard / "mask.npy")
            tokens = np.load(shard / "tokens.npy", mmap_mode="r")
        except (OSError, ValueError) as error:
            raise ValueError(
                f"{shard} must be a whole shard of features. It could not be read: {error}. Remove "
                "it, and its rows are encoded anew"
            ) from error
        counts = mask.sum(1)
        first = len(self._starts)
        self.places.update({str(digest): first + i for i, digest in enumerate(digests)})
        self._shards = np.append(self._shards, np.full(len(mask), len(self._tokens)))
        self._starts = np.append(self._starts, np.cumsum(counts) - counts)
        self._masks = np.concatenate([self._masks, mask])
        self._tokens.append(tokens)
