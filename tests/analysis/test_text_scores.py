"""How near written texts are to the true ones."""

import pytest

from keras_multimodal.analysis import text_scores


def test_by_hand():
    scores = text_scores(["the red red cat", "a dog", "sun"], ["red cat cat", "a dog", "moon"])
    # The first shares one "red" and one "cat" of 3 written and 4 true words.
    assert scores["exact"] == pytest.approx(1 / 3)
    assert scores["precision"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert scores["recall"] == pytest.approx((2 / 4 + 1 + 0) / 3)
    assert scores["f1"] == pytest.approx((4 / 7 + 1 + 0) / 3)
    assert scores["rows"] == 3


def test_a_word_counts_as_often_as_it_stands_in_both():
    scores = text_scores(["red red red cat"], ["red red dog"])
    assert scores["precision"] == pytest.approx(2 / 3)
    assert scores["recall"] == pytest.approx(2 / 4)
    assert scores["f1"] == pytest.approx(2 * 2 / 7)


def test_texts_without_words():
    scores = text_scores(["", "cat", ""], ["", "", "cat"])
    assert scores["exact"] == scores["f1"] == scores["recall"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(("truth", "written"), [([], []), (["a"], ["a", "b"])])
def test_texts_that_do_not_pair_are_refused(truth, written):
    with pytest.raises(ValueError, match="`truth` and `written` must have a text for each row"):
        text_scores(truth, written)
