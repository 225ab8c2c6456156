import keras
import numpy as np
import pytest

from keras_multimodal.ops import zero_masked

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("content", [NAN, INF, 1e30])
def test_nothing_at_a_masked_place_goes_through(gradient, content):
    x = np.array([[[1.0, 2.0], [content, content]]], "float32")
    mask = keras.ops.convert_to_tensor([[True, False]])
    np.testing.assert_array_equal(zero_masked(x, mask), [[[1, 2], [0, 0]]])
    found = gradient(lambda x: zero_masked(x, mask) ** 2, x)
    assert (found[0, 0] != 0).all()
    np.testing.assert_array_equal(found[0, 1], 0)


def test_vectors_have_a_mask_over_rows():
    x = np.array([[1.0, 2.0], [3.0, 4.0]], "float32")
    np.testing.assert_array_equal(zero_masked(x, np.array([False, True])), [[0, 0], [3, 4]])


def test_without_a_mask_nothing_changes():
    x = keras.ops.ones((2, 3))
    assert zero_masked(x) is x


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_the_dtype_stays(dtype):
    x = keras.ops.ones((1, 2, 3), dtype=dtype)
    y = zero_masked(x, keras.ops.convert_to_tensor([[True, False]]))
    assert keras.backend.standardize_dtype(y.dtype) == dtype
