"""Features on disk, a folder of shards."""

import pathlib
import zlib
from collections.abc import Sequence

import numpy as np

from keras_multimodal.data.column.shard_folder import ShardFolder, whole_shard

_CHECKSUMS = "checksums.npy"


class FeatureStore:
    """Tokens by the fingerprint of the cell that they were made of.

    They lie in the shards of a `ShardFolder`: `tokens.npy`, `(tokens, dim)`, the real tokens of its
    rows one after another, `mask.npy`, `(rows, length)`, and `checksums.npy`, which an earlier
    version's shard has not. Tokens are mapped into memory and not read before they are asked for; a
    row's checksum is looked at when that is done for the first time.

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
        self._shard_folders: list[pathlib.Path] = []
        self._tokens: list[np.ndarray] = []
        self._shards = np.zeros(0, "int64")
        self._starts = np.zeros(0, "int64")
        self._masks = np.zeros((0, length), bool)
        self._checksums = np.zeros(0, "int64")  # -1 where there is none to look at
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
            rows = zip(mask, tokens, strict=True)
            np.save(directory / _CHECKSUMS, [_checksum(there, row[there]) for there, row in rows])

        self._open(self._folder.add(fingerprints, save), fingerprints)

    def read(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return tokens `(rows, length, dim)` float32 and the mask of some rows; none for -1.

        Args:
            places: The rows' places, `(rows,)`.

        Raises:
            ValueError: If a row is not what was written. The message names its shard.
        """
        tokens = np.zeros((len(places), self.length, self.dim), "float32")
        mask = self._masks[places]
        mask[places < 0] = False
        for row, place in enumerate(places):
            if place >= 0:
                start = self._starts[place]
                shard = self._tokens[self._shards[place]]
                found = shard[start : start + mask[row].sum()]
                if self._checksums[place] >= 0:
                    self._check(place, _checksum(mask[row], found))
                tokens[row, mask[row]] = found
        return tokens, mask

    def _check(self, place: int, checksum: int) -> None:
        """Refuse a row that has changed, and look at no other's checksum twice."""
        with whole_shard(self._shard_folders[self._shards[place]]):
            if checksum != self._checksums[place]:
                raise ValueError("the checksum of a row's tokens is another")
        self._checksums[place] = -1

    def _open(self, shard: pathlib.Path, fingerprints: Sequence[str]) -> None:
        with whole_shard(shard):
            mask = np.load(shard / "mask.npy")
            tokens = np.load(shard / "tokens.npy", mmap_mode="r")
            checksums = np.full(len(mask), -1)
            if (shard / _CHECKSUMS).is_file():
                checksums = np.load(shard / _CHECKSUMS)
        counts = mask.sum(1)
        first = len(self._starts)
        self.places.update({cell: first + i for i, cell in enumerate(fingerprints)})
        self._shards = np.append(self._shards, np.full(len(mask), len(self._tokens)))
        self._starts = np.append(self._starts, np.cumsum(counts) - counts)
        self._masks = np.concatenate([self._masks, mask])
        self._checksums = np.append(self._checksums, checksums)
        self._tokens.append(tokens)
        self._shard_folders.append(shard)


def _checksum(mask: np.ndarray, tokens: np.ndarray) -> int:
    """Return the checksum of a row: of its mask and of its real tokens."""
    return zlib.crc32(np.ascontiguousarray(tokens).data, zlib.crc32(mask.tobytes()))
