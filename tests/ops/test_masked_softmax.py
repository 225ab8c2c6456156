import keras
import numpy as np
import pytest

from keras_multimodal.ops import masked_softmax


def reference(x, mask, axis=-1):
    """In float64, over the places that are there, one row at a time."""
    x, mask = np.moveaxis(x.astype("float64"), axis, -1), np.moveaxis(mask, axis, -1)
    y = np.zeros_like(x)
    for index in np.ndindex(x.shape[:-1]):
        there = mask[index]
        exponentials = np.exp(x[index][there])
        y[index][there] = exponentials / exponentials.sum()
    return np.moveaxis(y, -1, axis)


@pytest.mark.parametrize("axis", [-1, 1])
def test_it_is_the_softmax_over_the_places_that_are_there(axis, rng):
    x = rng.normal(size=(2, 3, 5)).astype("float32")
    mask = rng.random((2, 3, 5)) < 0.6
    np.testing.assert_allclose(
        masked_softmax(x, mask, axis), reference(x, mask, axis), rtol=1e-5, atol=1e-7
    )


def test_by_hand():
    x = np.log([[3.0, 1.0, 5.0]]).astype("float32")
    y = masked_softmax(x, np.array([[True, True, False]]))
    np.testing.assert_allclose(y, [[0.75, 0.25, 0]], rtol=1e-6)


@pytest.mark.parametrize("score", [-2e4, -1e30, -3e38])
def test_scores_far_below_zero_are_still_above_what_is_masked(score):
    x = np.array([[score, score, 5.0], [score, -2e4, 5.0]], "float32")
    y = np.asarray(masked_softmax(x, np.array([[True, True, False], [True, False, False]])))
    np.testing.assert_array_equal(y, [[0.5, 0.5, 0], [1, 0, 0]])


def test_without_a_mask_it_is_the_softmax(rng):
    x = rng.normal(size=(2, 5)).astype("float32")
    np.testing.assert_array_equal(masked_softmax(x), keras.ops.softmax(x))


@pytest.mark.parametrize("content", [float("nan"), float("inf"), 1e30])
def test_masked_places_and_empty_rows_are_zero_forward_and_backward(gradient, content):
    x = np.array([[0.0, 1.0, content], [content] * 3], "float32")
    mask = np.array([[True, True, False], [False] * 3])
    y = np.asarray(masked_softmax(x, mask))
    np.testing.assert_allclose(y[0], [1 / (1 + np.e), np.e / (1 + np.e), 0], rtol=1e-6)
    np.testing.assert_array_equal(y[1], 0)
    found = gradient(lambda x: masked_softmax(x, mask), x)
    np.testing.assert_array_equal(found[~mask], 0)
    assert np.isfinite(found).all()
    assert found[0, :2].any()


def test_nan_that_is_not_masked_is_not_hidden():
    x = np.array([[np.nan, 1.0, 2.0], [0.0, 1.0, 2.0]], "float32")
    y = np.asarray(masked_softmax(x, np.array([[True, True, False]] * 2)))
    assert np.isnan(y[0, 0])
    assert np.isfinite(y[1]).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_summed_in_float32(dtype):
    x = keras.ops.zeros((1, 4096), dtype=dtype)
    y = masked_softmax(x, keras.ops.ones((1, 4096), dtype="bool"))
    assert keras.backend.standardize_dtype(y.dtype) == dtype
    # 1 / 4096 is exact in every one of these dtypes; a sum of 4096 ones in bfloat16 isn't.
    np.testing.assert_array_equal(keras.ops.cast(y, "float32"), 1 / 4096)


def test_a_single_place_has_it_all_and_hides_no_nan(gradient):
    x = np.array([[3.0], [np.nan], [np.nan]], "float32")
    mask = np.array([[True], [True], [False]])
    np.testing.assert_array_equal(masked_softmax(x, mask), [[1.0], [np.nan], [0.0]])
    np.testing.assert_array_equal(masked_softmax(x), [[1.0], [np.nan], [np.nan]])
    found = gradient(lambda x: masked_softmax(x, mask), x)
    np.testing.assert_array_equal(found[[0, 2]], 0)
