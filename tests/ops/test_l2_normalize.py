import keras
import numpy as np
import pytest

from keras_multimodal.ops import l2_normalize


def test_each_vector_has_length_one(rng):
    x = rng.normal(size=(2, 3, 5)).astype("float32")
    wide = x.astype("float64")
    expected = wide / np.linalg.norm(wide, axis=-1, keepdims=True)
    np.testing.assert_allclose(l2_normalize(x), expected, rtol=1e-5)


def test_by_hand():
    np.testing.assert_allclose(l2_normalize(np.array([[3.0, 4.0]], "float32")), [[0.6, 0.8]])


def test_a_vector_shorter_than_epsilon_is_divided_by_it():
    x = np.array([[3e-5, 4e-5], [3e-7, 4e-7]], "float32")
    np.testing.assert_allclose(l2_normalize(x), [[0.6, 0.8], [0.3, 0.4]], rtol=1e-5)
    np.testing.assert_allclose(l2_normalize(x, 1e-4), x / 1e-4, rtol=1e-5)
    np.testing.assert_allclose(l2_normalize(np.array([[0.3, 0.4]], "float32"), 2.0), [[0.15, 0.2]])


def test_a_vector_of_zeros_stays_and_has_a_finite_gradient(gradient):
    x = np.zeros((2, 3), "float32")
    np.testing.assert_array_equal(l2_normalize(x), 0)
    assert np.isfinite(gradient(l2_normalize, x)).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_keeps_its_dtype_and_does_not_overflow(dtype):
    y = l2_normalize(keras.ops.full((1, 4), 1024.0, dtype=dtype))
    assert keras.backend.standardize_dtype(y.dtype) == dtype
    np.testing.assert_array_equal(keras.ops.cast(y, "float32"), 0.5)
