"""The error is 0 where probabilities mean what they say, and counted by hand where not."""

import numpy as np
import pytest

from keras_multimodal.analysis import expected_calibration_error


def test_probabilities_that_mean_what_they_say(rng):
    first = rng.uniform(0.5, 1, 100_000)
    labels = (rng.random(len(first)) > first).astype(int)
    probabilities = np.stack([first, 1 - first], 1)
    assert expected_calibration_error(probabilities, labels) < 0.01
    surer = probabilities**3 / (probabilities**3).sum(1, keepdims=True)
    assert expected_calibration_error(surer, labels) > 0.1


def test_two_bins_by_hand():
    # Confidences 0.6 and 0.7, both right; 0.9, right, and 1.0, wrong.
    probabilities = [[0.6, 0.4], [0.3, 0.7], [0.9, 0.1], [0.0, 1.0]]
    labels = [0, 1, 0, 0]
    # With four bins: |2 - 1.3| of (0.5, 0.75] and |1 - 1.9| of (0.75, 1], over four rows.
    assert expected_calibration_error(probabilities, labels, bins=4) == pytest.approx(1.6 / 4)
    # With one bin the distances cancel in part: |3 - 3.2| over four.
    assert expected_calibration_error(probabilities, labels, bins=1) == pytest.approx(0.2 / 4)


def test_an_edge_belongs_to_the_bin_below_it():
    """With four bins; in two bins the distances would not cancel."""

    def error(first, second):
        """Of two rows: the first class is right in the first and wrong in the second."""
        rows = [[first, 1 - first], [second, 1 - second]]
        return expected_calibration_error(rows, [0, 1], bins=4)

    assert error(0.75, 0.625) == pytest.approx(abs(1 - 0.75 - 0.625) / 2)  # (0.5, 0.75]
    assert error(0.75, 0.875) == pytest.approx((0.25 + 0.875) / 2)
    assert error(1.0, 0.875) == pytest.approx(0.875 / 2)  # (0.75, 1]
    # Where the first class has half, it is what the row is given; of (0.25, 0.5] and above.
    assert error(0.5, 0.625) == pytest.approx((0.5 + 0.625) / 2)
    # Nothing at all is of the first bin.
    assert expected_calibration_error([[0.0, 0.0], [0.25, 0.25]], [0, 1], bins=4) == (
        pytest.approx(abs(1 - 0.25) / 2)
    )


@pytest.mark.parametrize(
    ("probabilities", "labels", "bins", "message"),
    [
        (np.zeros((0, 2)), [], 5, "with rows"),
        (np.zeros((2, 2)), [0], 5, r"shapes \(2, 2\) and \(1,\)"),
        (np.zeros((1, 2)), [0], 0, "`bins` must be at least 1"),
    ],
)
def test_wrong_arguments_are_refused(probabilities, labels, bins, message):
    with pytest.raises(ValueError, match=message):
        expected_calibration_error(probabilities, labels, bins)


def test_a_rounded_probability_above_one_is_in_the_last_bin():
    probabilities = np.array([[0.95, 0.05], [1.0000001, 0.0]], "float32")
    assert expected_calibration_error(probabilities, [0, 1], bins=10) == pytest.approx(0.95 / 2)
