import keras
import numpy as np
import pytest

from keras_multimodal.ops import masked_generalized_mean, masked_max, masked_mean

X = np.random.default_rng(2).normal(size=(3, 4, 5)).astype("float32")
MASK = np.array([[1, 0, 1, 1], [0, 0, 1, 0], [0, 0, 0, 0]], bool)


def cubic(x, mask=None):
    return masked_generalized_mean(x, 3.0, mask, epsilon=0.1)


def cubic_reference(x, axis):
    return np.mean(np.maximum(x, 0.1) ** 3, axis=axis) ** (1 / 3)


def reference(pool, x, mask):
    """In float64, one row at a time; zeros where there is no token."""
    rows = [x[i].astype("float64")[mask[i]] for i in range(len(x))]
    return np.stack([pool(row, axis=0) if len(row) else np.zeros(x.shape[-1]) for row in rows])


@pytest.mark.parametrize(
    ("op", "pool"), [(masked_mean, np.mean), (masked_max, np.max), (cubic, cubic_reference)]
)
def test_it_pools_the_tokens_that_are_there(op, pool):
    np.testing.assert_allclose(op(X, MASK), reference(pool, X, MASK), rtol=1e-5, atol=1e-7)
    everything = np.ones_like(MASK)
    np.testing.assert_allclose(op(X), reference(pool, X, everything), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("op", "expected"), [(masked_mean, -2), (masked_max, -1)])
def test_by_hand(op, expected):
    x = np.array([[[-1.0], [-3.0], [9.0]]], "float32")
    np.testing.assert_array_equal(op(x, np.array([[True, True, False]])), [[expected]])


@pytest.mark.parametrize("op", [masked_mean, masked_max, cubic])
@pytest.mark.parametrize("content", [float("nan"), float("inf"), 1e30])
def test_masked_tokens_have_no_say_and_no_gradient(gradient, op, content):
    x = np.where(MASK[..., None], X, np.float32(content))
    np.testing.assert_array_equal(op(x, MASK), op(X, MASK))
    found = gradient(lambda x: op(x, MASK), x)
    np.testing.assert_array_equal(found, gradient(lambda x: op(x, MASK), X))
    np.testing.assert_array_equal(found[~MASK], 0)
    assert found[MASK].any()


@pytest.mark.parametrize("op", [masked_mean, masked_max, cubic])
def test_nan_that_is_not_masked_is_not_hidden(op):
    x = np.where(MASK[..., None], np.float32("nan"), X)
    assert np.isnan(np.asarray(op(x, MASK))[:2]).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_keeps_its_dtype_and_does_not_overflow(dtype):
    x = keras.ops.full((1, 64, 1), 2.0**15, dtype=dtype)
    mask = keras.ops.ones((1, 64), dtype="bool")
    for op in (masked_mean, masked_max, cubic):
        y = op(x, mask)
        assert keras.backend.standardize_dtype(y.dtype) == dtype
        np.testing.assert_allclose(keras.ops.cast(y, "float32"), 2.0**15, rtol=1e-6)


def test_generalized_means_by_hand():
    """(1 + 7) / 2, the root of (1 + 49) / 2, and 2 / (1 + 1 / 7)."""
    x = np.array([[[1.0], [7.0], [9.0]]], "float32")
    mask = np.array([[True, True, False]])
    for exponent, expected in ((1.0, 4.0), (2.0, 5.0), (-1.0, 1.75)):
        y = masked_generalized_mean(x, exponent, mask)
        np.testing.assert_allclose(y, [[expected]], rtol=1e-6)


def test_what_is_below_epsilon_counts_as_epsilon():
    x = np.array([[[0.0], [1e-7], [3e-6]]], "float32")
    y = masked_generalized_mean(x, 1.0)
    np.testing.assert_allclose(y, [[5e-6 / 3]], rtol=1e-4)
    y = masked_generalized_mean(
        np.zeros((2, 3, 1), "float32"), 2.0, np.array([[1, 0, 0]] * 2, bool)
    )
    np.testing.assert_allclose(y, [[1e-6]] * 2, rtol=1e-4)


def test_generalized_means_of_large_powers_are_finite():
    x = np.array([[[1e30], [1e-3]]], "float32")
    for exponent, expected in ((100.0, 0.5**0.01 * 1e30), (-100.0, 0.5**-0.01 * 1e-3)):
        y = masked_generalized_mean(x, exponent)
        np.testing.assert_allclose(y, [[expected]], rtol=1e-4)


def test_without_any_token_the_greatest_is_zero():
    nothing, mask = np.zeros((2, 0, 3), "float32"), np.zeros((2, 0), bool)
    for pool in (masked_max, masked_mean):
        np.testing.assert_array_equal(pool(nothing, mask), np.zeros((2, 3)))
