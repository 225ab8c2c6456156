"""Recall and ranks, by hand."""

import sys

import numpy as np
import pytest

from keras_multimodal.analysis import retrieval_scores


def test_ranks_by_hand():
    items = np.eye(4)
    queries = np.array([[1, 0, 0, 0], [0.9, 0.5, 0, 0], [0.3, 0.2, 0.1, 0], [0, 0, 0, 1.0]])
    scores = retrieval_scores(queries, items, at=(1, 2, 3))  # ranks 1, 2, 3, 1
    assert [scores[f"recall@{k}"] for k in (1, 2, 3)] == [0.5, 0.75, 1.0]
    assert [scores[f"chance@{k}"] for k in (1, 2, 3)] == [0.25, 0.5, 0.75]
    assert scores["median_rank"] == 1.5
    assert (scores["queries"], scores["items"]) == (4, 4)


def test_the_usual_ks_and_what_chance_gives_of_few_items():
    scores = retrieval_scores(np.eye(6), np.eye(6))
    assert {name for name in scores if "@" in name} == {
        f"{kind}@{k}" for kind in ("recall", "chance") for k in (1, 5, 10)
    }
    chances = [scores[f"chance@{k}"] for k in (1, 5, 10)]
    assert chances == pytest.approx([1 / 6, 5 / 6, 1])


def test_chance_of_several_right_ones_by_hand():
    # Two of the four pictures have the one name: of two drawn, both are wrong in 2/4 * 1/3.
    names, pictures = np.eye(4)[[0, 0, 1, 1]], np.eye(4)
    scores = retrieval_scores(names, pictures, [0, 0, 1, 1], [0, 1, 2, 3], at=(1, 2, 3))
    assert [scores[f"chance@{k}"] for k in (1, 2, 3)] == pytest.approx([1 / 2, 5 / 6, 1])


def test_many_queries_are_ranked_as_few_are(rng, monkeypatch):
    queries, items = rng.normal(size=(2, 11, 3))
    whole = retrieval_scores(queries, items, at=(1, 2, 5))
    module = sys.modules["keras_multimodal.analysis.retrieval"]
    monkeypatch.setattr(module, "_AT_ONCE", 4)
    assert retrieval_scores(queries, items, at=(1, 2, 5)) == whole
    alike = queries @ items.T
    ranks = (alike >= alike.diagonal()[:, None]).sum(1)
    assert whole["median_rank"] == np.median(ranks)
    assert whole["recall@2"] == np.mean(ranks <= 2)


def test_vectors_that_are_all_the_same_find_nothing():
    scores = retrieval_scores(np.ones((20, 3)), np.ones((20, 3)), at=(1, 10))
    assert scores["recall@10"] == 0
    assert scores["median_rank"] == 20


def test_random_vectors_do_as_chance_says(rng):
    scores = retrieval_scores(rng.normal(size=(2000, 8)), rng.normal(size=(2000, 8)), at=(100,))
    assert scores["recall@100"] == pytest.approx(scores["chance@100"], abs=0.02)


def test_the_same_item_counts_once_and_any_right_one_does():
    # One name of three pictures: the best of them counts, and the name is asked for once.
    names = [[1, 0], [1, 0], [1, 0], [0, 1]]
    pictures = [[0.1, 0], [0.9, 0], [0.2, 0], [0.5, 1]]
    scores = retrieval_scores(names, pictures, [7, 7, 7, 8], [0, 1, 2, 3], at=(1,))
    assert scores["queries"] == 2
    assert scores["recall@1"] == 1.0
    assert scores["chance@1"] == pytest.approx((3 / 4 + 1 / 4) / 2)
    # The other way round two pictures rank the name first; it is one item.
    back = retrieval_scores(pictures, names, [0, 1, 2, 3], [7, 7, 7, 8], at=(1,))
    assert (back["queries"], back["items"]) == (4, 2)
    assert back["recall@1"] == 1.0


def test_rows_without_a_part_do_not_count():
    vectors = np.eye(3)
    scores = retrieval_scores(vectors, vectors, [0, -1, 2], [0, 1, 2], at=(1,))
    assert (scores["queries"], scores["items"]) == (2, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.ones((2, 3)), np.ones((3, 3))), r"`queries` and `items` must be .*\(2, 3\), \(3, 3\)"),
        ((np.ones((2, 3)), np.ones((2, 3)), [0]), r"shapes .*\(1,\)"),
        ((np.ones((1, 3)), np.ones((1, 3)), [-1]), "must have a row in common"),
        ((np.ones((1, 3)), np.ones((1, 3)), None, None, (0,)), r"`at` must be .*at=\(0,\)"),
        ((np.ones((1, 3)), np.ones((1, 3)), None, None, (5, 0)), r"`at` must be .*at=\(5, 0\)"),
        ((np.ones((1, 3)), np.ones((1, 3)), None, None, ()), r"`at` must be .*at=\(\)"),
        ((np.ones(3), np.ones(3)), r"`queries` and `items` must be \(rows, dim\)"),
        ((np.ones((2, 1, 3)),) * 2, r"`queries` and `items` must be \(rows, dim\)"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        retrieval_scores(*arguments)
