"""F1 by hand, and where a class is not there."""

import numpy as np
import pytest

from keras_multimodal.analysis import confusion_matrix, f1_scores


def test_it_is_the_harmonic_mean_of_precision_and_recall():
    confusion = confusion_matrix([0, 0, 0, 0, 1, 1, 2], [0, 0, 0, 1, 1, 2, 2], num_classes=3)
    precision = np.array([1, 1 / 2, 1 / 2])
    recall = np.array([3 / 4, 1 / 2, 1])
    expected = 2 * precision * recall / (precision + recall)
    np.testing.assert_allclose(f1_scores(confusion), expected)


def test_a_class_that_is_never_found_has_none_and_one_that_is_not_there_is_nan():
    found = f1_scores(confusion_matrix([0, 0, 1], [0, 0, 0], num_classes=3))
    np.testing.assert_allclose(found, [0.8, 0, np.nan])


def test_a_class_that_nobody_asked_for_but_was_said_has_none():
    np.testing.assert_allclose(f1_scores([[1, 1], [0, 0]]), [2 / 3, 0])


@pytest.mark.parametrize("confusion", [[1, 2], [[1, 2, 3], [4, 5, 6]], [[1, -1], [0, 1]]])
def test_anything_but_a_square_of_counts_is_refused(confusion):
    with pytest.raises(ValueError, match=r"`confusion` must have counts of shape \(classes"):
        f1_scores(confusion)
