"""Comparing what two calls returned, and saying where they differ."""

from typing import Any

import numpy as np

from keras_multimodal.testing._leaves import Outputs
from keras_multimodal.types import Tensor


def difference(actual: Tensor, expected: Any, tolerance: float = 1e-5) -> str:
    """Return where two arrays differ, in words; empty when they agree.

    Args:
        actual: What was found.
        expected: What it is compared with.
        tolerance: Largest difference allowed, relative to the largest finite value of `expected`
            or to 1, whichever is larger.
    """
    actual, expected = np.asarray(actual), np.asarray(expected)
    if actual.shape != expected.shape:
        return f"shape {actual.shape}, not {expected.shape}"
    if actual.dtype.kind in "biu":
        wrong = actual != expected
    else:
        actual, expected = actual.astype("float64"), expected.astype("float64")
        finite = np.abs(expected[np.isfinite(expected)])
        bound = tolerance * max(1.0, finite.max(initial=0.0))
        with np.errstate(invalid="ignore"):
            close = np.abs(actual - expected) <= bound
        wrong = ~(close | (actual == expected) | (np.isnan(actual) & np.isnan(expected)))
    if not wrong.any():
        return ""
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    return (
        f"{int(wrong.sum())} of {wrong.size} values, first at {index}: "
        f"{actual[index]:.6g}, not {expected[index]:.6g}"
    )


def expect_equal(actual: Outputs, expected: Outputs, what: str, masks: bool = True) -> None:
    """Raise unless two calls returned the same values and, if `masks`, the same masks."""
    if actual.labels != expected.labels:
        raise AssertionError(f"{what}: outputs {actual.labels}, not {expected.labels}")
    for i, name in enumerate(actual.labels):
        if found := difference(actual.values[i], expected.values[i]):
            raise AssertionError(f"{what}: {name} differs in {found}")
        if masks:
            expect_equal_mask(actual.masks[i], expected.masks[i], f"{what}: the mask of {name}")


def expect_equal_mask(actual: Tensor, expected: Any, what: str) -> None:
    """Raise unless both masks are None or equal."""
    if actual is None or expected is None:
        if actual is not None or expected is not None:
            found = "missing" if actual is None else f"there, of shape {actual.shape}"
            wanted = "None" if expected is None else f"of shape {np.shape(expected)}"
            raise AssertionError(f"{what} is {found}; it must be {wanted}")
    elif found := difference(actual, np.asarray(expected, bool)):
        raise AssertionError(f"{what} differs in {found}")


def expect_finite(outputs: Outputs, what: str) -> None:
    """Raise if a value, valid or masked, is NaN or infinite."""
    for name, value in zip(outputs.labels, outputs.values, strict=True):
        if value.dtype.kind in "biu":
            continue
        wrong = ~np.isfinite(value.astype("float64"))
        if wrong.any():
            index = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise AssertionError(
                f"{what}: {name} has {int(wrong.sum())} values that are not finite, "
                f"first at {index}"
            )
