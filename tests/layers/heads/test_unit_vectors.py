"""Vectors of one length, and none where there was nothing."""

import numpy as np

from keras_multimodal.layers import UnitVectors


def test_unit_vectors_are_zero_where_there_was_nothing():
    there = np.array([True, False, True])
    out = UnitVectors()([np.ones((3, 4)), np.ones((3, 2))], mask=[None, there])
    np.testing.assert_allclose(out, 0.5 * there[:, None] * np.ones(4), atol=1e-6)
