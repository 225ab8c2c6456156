"""No score is made of NaN or infinity: compared with them, everything would be right."""

import numpy as np
import pytest

from keras_multimodal import analysis

VECTORS = np.eye(4)
PROBABILITIES = np.full((4, 2), 0.5)


def spoiled(values, value, row=2):
    values = values.copy()
    values[row, 0] = value
    return values


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("score", "argument"),
    [
        (lambda x: analysis.retrieval_scores(spoiled(VECTORS, x), VECTORS), "queries"),
        (lambda x: analysis.retrieval_scores(VECTORS, spoiled(VECTORS, x)), "items"),
        (
            lambda x: analysis.expected_calibration_error(spoiled(PROBABILITIES, x), [0] * 4),
            "probabilities",
        ),
    ],
)
def test_they_are_refused_with_the_row(score, argument, value):
    message = f"`{argument}` must be finite numbers. .* in 1 of 4 rows, the first of them row 2"
    with pytest.raises(ValueError, match=message):
        score(value)


def test_vectors_that_are_nothing_are_not_perfect():
    nothing = np.full((4, 3), np.nan)
    with pytest.raises(ValueError, match="in 4 of 4 rows, the first of them row 0"):
        analysis.retrieval_scores(nothing, nothing)


def test_a_row_that_does_not_count_may_hold_anything():
    parts = [0, 1, -1, 3]
    found = analysis.retrieval_scores(spoiled(VECTORS, np.nan), VECTORS, parts, range(4), at=[1])
    assert (found["recall@1"], found["queries"]) == (1.0, 3.0)


@pytest.mark.parametrize("logits", [[[3.0, -2.0]], [[0.5, 1.2]], [[-0.5, 0.5]]])
def test_what_is_no_probability_is_refused(logits):
    with pytest.raises(ValueError, match=r"`probabilities` must be in \[0, 1\], as a softmax"):
        analysis.expected_calibration_error(logits, [0])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_counts_are_finite(value):
    with pytest.raises(ValueError, match="`confusion` must have counts"):
        analysis.f1_scores([[value, 1], [1, 1]])
    with pytest.raises(ValueError, match="`correct` must be in"):
        analysis.accuracy_interval(value, value)
