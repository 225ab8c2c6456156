"""What the scores of two parts say of each other."""

import numpy as np
import pytest

from keras_multimodal import data
from keras_multimodal.experiment import Scores, scoring


def scores_of(task, test, validation, **others):
    """Scores by the task's first number and its interval."""
    name = Scores(task, {}, {}).headline
    test = {"all": {name: sum(test) / 2, f"{name}_interval_95": test}, **others}
    return Scores(task, test, {name: sum(validation) / 2, f"{name}_interval_95": validation})


@pytest.mark.parametrize(
    ("task", "validation", "test", "far_better"),
    [
        ("classification", [0.8, 0.9], [0.5, 0.7], True),
        ("classification", [0.6, 0.9], [0.5, 0.7], False),
        ("classification", [0.3, 0.4], [0.5, 0.7], False),
        ("regression", [1.0, 2.0], [3.0, 4.0], True),
        ("regression", [5.0, 6.0], [3.0, 4.0], False),
    ],
)
def test_validation_that_is_far_better_than_the_test_is_said(task, validation, test, far_better):
    scores = scores_of(task, test, validation)
    low, high = validation
    sentence = f"({low:.3f} to {high:.3f}): the test rows are harder, or unlike those"
    assert (sentence in scores.validation_gap) == far_better
    assert (sentence in str(scores)) == far_better


def test_scores_without_an_interval_say_nothing():
    assert not Scores("generation", {"all": {"f1": 0.1}}, {"f1": 0.9}).validation_gap


@pytest.mark.parametrize(
    ("task", "word", "columns", "best", "gains"),
    [
        ("classification", 0.5, 0.7, "columns alone", False),
        ("classification", 0.5, 0.6, "columns alone", True),
        ("regression", 0.5, 0.7, "word alone", False),
        ("regression", 0.9, 0.8, "columns alone", True),
    ],
)
def test_the_best_single_modality_is_told_from_the_fused(task, word, columns, best, gains):
    name = Scores(task, {}, {}).headline
    single = {"word alone": {name: word}, "columns alone": {name: columns}}
    scores = scores_of(task, [0.6, 0.8], [0.6, 0.8], **single)
    assert scores.best_single == best
    assert scores.fusion_gains == gains


def test_without_single_modalities_nothing_is_gained():
    scores = scores_of("regression", [1.0, 2.0], [1.0, 2.0])
    assert (scores.best_single, scores.fusion_gains) == (None, False)
    assert str(scores).endswith("  all 1.500 (1.000 to 2.000)")


def rows(values):
    """Records of which the numbers alone matter."""
    texts = data.TextProcessor(length=1).load_data([f"w{row}" for row in range(len(values))])
    return data.pair(texts, values=values)


def test_the_interval_of_the_mean_error_by_hand():
    truth = rows([1.0, 2.0, 3.0, 10.0])
    median = np.array([2.0, 2.0, 6.0, 2.0])  # errors of 1, 0, 3 and 8
    low, high = np.array([1.0, 2.5, 1.0, 1.0]), np.array([2.0, 3.0, 9.0, 9.0])
    answers = np.stack([low, median, high], -1)[:, None]
    scores = scoring.score("regression", truth.schema, truth, answers)
    reach = 1.96 * np.sqrt((2**2 + 3**2 + 0 + 5**2) / 4) / np.sqrt(4)
    assert scores["mae"] == pytest.approx(3)
    assert scores["mae_interval_95"] == pytest.approx([3 - reach, 3 + reach])
    assert scores["rmse"] == pytest.approx(np.sqrt((1 + 0 + 9 + 64) / 4))
    assert scores["r2"] == pytest.approx(1 - 74 / (3**2 + 2**2 + 1**2 + 6**2))
    # The ends are within: the first row is on its lower one. The second and the last are outside.
    assert scores["inside_interval_80"] == 0.5
    assert scores["rows"] == 4


def test_guessing_numbers_says_the_median_of_the_training_rows():
    scores = scoring.baseline_scores("regression", rows([1.0, 2.0, 30.0]), rows([4.0, 1.0]))
    assert scores["mae"] == pytest.approx((2 + 1) / 2)
    assert scores["rmse"] == pytest.approx(np.sqrt((4 + 1) / 2))


@pytest.mark.parametrize(
    ("task", "answers"),
    [
        ("regression", [[[1.0, 2.0, 3.0]], [[np.nan] * 3]]),
        ("classification", [[0.5, 0.5], [np.inf, np.nan]]),
    ],
)
def test_an_answer_that_is_no_number_is_no_score(task, answers):
    truth = rows([1.0, 2.0])
    with pytest.raises(ValueError, match=r"for 1 of 2 rows, the first of them row 1\."):
        scoring.score(task, truth.schema, truth, np.array(answers))
