"""What the scores of two parts say of each other."""

import numpy as np
import pytest

from keras_multimodal import data
from keras_multimodal.commands import scoring


@pytest.mark.parametrize(
    ("task", "name", "validation", "test", "unlike"),
    [
        ("classification", "accuracy", [0.8, 0.9], [0.5, 0.7], True),
        ("classification", "accuracy", [0.6, 0.9], [0.5, 0.7], False),
        ("classification", "accuracy", [0.3, 0.4], [0.5, 0.7], False),
        ("regression", "mae", [1.0, 2.0], [3.0, 4.0], True),
        ("regression", "mae", [5.0, 6.0], [3.0, 4.0], False),
    ],
)
def test_validation_that_is_far_better_than_the_test_is_said(task, name, validation, test, unlike):
    held = {name: sum(validation) / 2, f"{name}_interval_95": validation}
    assert scoring.unlike(task, held, {f"{name}_interval_95": test}) == unlike
    low, high = validation
    assert f"({low:.3f} to {high:.3f})" in scoring.how_unlike(task, held)


def test_scores_without_an_interval_say_nothing():
    assert not scoring.unlike("generation", {"f1": 0.9}, {"f1": 0.1})


def rows(values):
    """Records of which the numbers alone matter."""
    texts = data.TextProcessor(length=1).load_data([f"w{row}" for row in range(len(values))])
    return data.pair(texts, values=values)


def test_the_interval_of_the_mean_error_by_hand():
    truth = rows([1.0, 2.0, 3.0, 10.0])
    median = np.array([2.0, 2.0, 6.0, 2.0])  # errors of 1, 0, 3 and 8
    low, high = np.array([1.0, 2.5, 1.0, 1.0]), np.array([2.0, 3.0, 9.0, 9.0])
    said = np.stack([low, median, high], -1)[:, None]
    scores = scoring.score("regression", truth.schema, truth, said)
    reach = 1.96 * np.sqrt((2**2 + 3**2 + 0 + 5**2) / 4) / np.sqrt(4)
    assert scores["mae"] == pytest.approx(3)
    assert scores["mae_interval_95"] == pytest.approx([3 - reach, 3 + reach])
    assert scores["rmse"] == pytest.approx(np.sqrt((1 + 0 + 9 + 64) / 4))
    assert scores["r2"] == pytest.approx(1 - 74 / (3**2 + 2**2 + 1**2 + 6**2))
    # The ends are within: the first row is on its lower one. The second and the last are outside.
    assert scores["inside_interval_80"] == 0.5
    assert scores["rows"] == 4


def test_guessing_numbers_says_the_median_of_the_training_rows():
    scores = scoring.guess("regression", rows([1.0, 2.0, 30.0]), rows([4.0, 1.0]))
    assert scores["mae"] == pytest.approx((2 + 1) / 2)
    assert scores["rmse"] == pytest.approx(np.sqrt((4 + 1) / 2))
