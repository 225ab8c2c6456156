"""The shards that features are kept in."""

import numpy as np

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
