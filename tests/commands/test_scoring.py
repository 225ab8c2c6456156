"""What the scores of two parts say of each other."""

import pytest

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
