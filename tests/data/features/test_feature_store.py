"""The shards that features are kept in."""

import os

from keras_multimodal.data.features.store import FeatureStore


def test_what_a_killed_process_left_is_removed_once_it_is_old(tmp_path):
    old, new = tmp_path / ".shard-old", tmp_path / ".shard-new"
    for left in (old, new):
        left.mkdir()
        (left / "tokens.npy").write_bytes(b"cut off")
    os.utime(old, times=(0, 0))
    store = FeatureStore(tmp_path, length=2, dim=3)
    assert not store.places
    assert [path.name for path in tmp_path.iterdir()] == [new.name]  # another may be writing it
