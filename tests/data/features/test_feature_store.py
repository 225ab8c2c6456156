"""The shards that features are kept in."""

import numpy as np
import pytest

from keras_multimodal.data.features.store import FeatureStore


def test_rows_are_read_where_they_are_and_nothing_where_they_are_not(tmp_path, rng):
    store = FeatureStore(tmp_path, length=2, dim=3)
    written = rng.normal(size=(3, 2, 3)).astype("float32")
    mask = np.array([[True, True], [True, False], [False, True]])
    store.write(["a", "b"], written[:2], mask[:2])
    store.write(["c"], written[2:], mask[2:])
    tokens, there = store.read(np.array([store.places["c"], -1, store.places["a"]]))
    np.testing.assert_array_equal(there, [[False, True], [False, False], [True, True]])
    np.testing.assert_array_equal(tokens, [written[2] * [[0], [1]], np.zeros((2, 3)), written[0]])


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_bit_that_has_changed_is_found_and_its_shard_named(tmp_path, rng, dtype):
    written, mask = rng.normal(size=(3, 2, 5)).astype(dtype), np.ones((3, 2), bool)
    cells = ["a", "b", "c"]
    FeatureStore(tmp_path, length=2, dim=5).write(cells, written, mask)
    (shard,) = tmp_path.iterdir()
    file = shard / "tokens.npy"
    content = bytearray(file.read_bytes())
    content[-3] ^= 1  # of the last row
    file.write_bytes(content)
    store = FeatureStore(tmp_path, length=2, dim=5)
    first = np.array([store.places["a"], store.places["b"]])
    for _ in range(2):
        np.testing.assert_array_equal(store.read(first)[0], written[:2].astype("float32"))
    for _ in range(2):
        with pytest.raises(ValueError, match=rf"{shard.name} must be a whole.*checksum.*Remove"):
            store.read(np.array([store.places["c"]]))
    (shard / "checksums.npy").unlink()  # as an earlier version wrote it
    store = FeatureStore(tmp_path, length=2, dim=5)
    np.testing.assert_array_equal(store.read(first)[0], written[:2].astype("float32"))
