"""Features on disk, a folder of shards."""

import pathlib
from collections.abc import Sequence

import numpy as np

from keras_multimodal.data.column.shard_folder import ShardFolder, whole_shard


class FeatureStore:
    """Tokens by the fingerprint of the cell that they were made of.

    They lie in the shards of a `ShardFolder`: `tokens.npy`, `(tokens, dim)`, the real tokens of its
    rows one after another, and `mask.npy`, `(rows, length)`. Tokens are mapped into memory and not
    read before they are asked for.

    Args:
        directory: Where the shards are.
        length: Tokens of each row, padding included.
        dim: Width of each token.
    """

    def __init__(self, directory: pathlib.Path, length: int, dim: int) -> None:
        self.length = length
        self.dim = dim
        self.places: dict[str, int] = {}
        self._folder = ShardFolder(directory)
        self._tokens: list[np.ndarray] = []
        self._shards = np.zeros(0, "int64")
        self._starts = np.zeros(0, "int64")
        self._masks = np.zeros((0, length), bool)
        for shard, fingerprints in self._folder.shards():
            self._open(shard, fingerprints)

    def write(self, fingerprints: Sequence[str], tokens: np.ndarray, mask: np.ndarray) -> None:
        """Add a shard.

        Args:
            fingerprints: One for each row.
            tokens: `(rows, length, dim)`, in the dtype to keep.
            mask: `(rows, length)`, which tokens are real.
        """

        def save(directory: pathlib.Path) -> None:
            np.save(directory / "tokens.npy", tokens[mask])
            np.save(directory / "mask.npy", mask)

        self._open(self._folder.add(fingerprints, save), fingerprints)

    def read(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return tokens `(rows, length, dim)` float32 and the mask of some rows; none for -1."""
        tokens = np.zeros((len(places), self.length, self.dim), "float32")
        mask = self._masks[places]
        mask[places < 0] = False
        for row, place in enumerate(places):
            if place >= 0:
                start = self._starts[place]
                shard = self._tokens[self._shards[place]]
                tokens[row, mask[row]] = shard[start : start + mask[row].sum()]
        return tokens, mask

    def _open(self, shard: pathlib.Path, fingerprints: Sequence[str]) -> None:
        with whole_shard(shard):
            mask = np.load(shard / "mask.npy")
            tokens = np.load(shard / "tokens.npy", mmap_mode="r")
        counts = mask.sum(1)
        first = len(self._starts)
        self.places.update({cell: first + i for i, cell in enumerate(fingerprints)})
        self._shards = np.append(self._shards, np.full(len(mask), len(self._tokens)))
        self._starts = np.append(self._starts, np.cumsum(counts) - counts)
        self._masks = np.concatenate([self._masks, mask])
        self._tokens.append(tokens)
