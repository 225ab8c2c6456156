"""A confusion matrix counts true classes down and predicted classes across."""

import numpy as np
import pytest

from keras_multimodal.analysis import confusion_matrix


def test_counts_by_hand():
    matrix = confusion_matrix([0, 0, 1, 2, 2, 2], [0, 2, 1, 2, 2, 0], num_classes=4)
    np.testing.assert_array_equal(matrix, [[1, 0, 1, 0], [0, 1, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0]])
    assert matrix.dtype == np.int64


def test_narrow_integers_do_not_overflow():
    labels = np.full(300, 20, "uint8")
    assert confusion_matrix(labels, labels, num_classes=21)[20, 20] == 300


def test_no_rows_make_zeros():
    np.testing.assert_array_equal(confusion_matrix([], [], num_classes=2), np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("labels", "predictions", "message"),
    [
        ([0, 1], [0], "2 labels, 1 predictions"),
        ([0, 3], [0, 1], "labels from 0 to 3"),
        ([0, 1], [-1, 1], "predictions from -1 to 1"),
        ([0.5, 1], [0, 1], r"`labels` must be class numbers.*dtype float64"),
        ([0, 1], [[1, 0], [0, 1]], r"`predictions` must be class numbers.*shape \(2, 2\)"),
    ],
)
def test_anything_else_is_refused(labels, predictions, message):
    with pytest.raises(ValueError, match=message):
        confusion_matrix(labels, predictions, num_classes=3)
