"""How rows are dealt to parts, by hand."""

import numpy as np
import pandas as pd
import pytest

from keras_multimodal.data.pairing.splitting import (
    assign_parts,
    by_row,
    check_parts,
    choose_rows,
    named_parts,
    split_shares,
)


@pytest.mark.parametrize("seed", range(8))
def test_a_group_is_of_the_class_that_most_of_its_rows_have(seed):
    """Eight groups of three rows; the first row is of another class in four of them."""
    groups = np.repeat(np.arange(8), 3)
    strata = np.array([0, 0, 0] * 4 + [0, 1, 1] * 4)
    parts = assign_parts(range(24), (0.5, 0.5), seed, strata, groups.tolist())
    for part in (0, 1):
        chosen = set(groups[parts == part].tolist())
        assert len(chosen & {0, 1, 2, 3}) == len(chosen & {4, 5, 6, 7}) == 2


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.8, 0.2), (0.6, 0.3, 0.1), (1 / 3, 2 / 3)])
def test_each_part_is_within_a_row_of_its_share_at_any_size(seed, shares):
    for rows in range(1, 41):
        parts = assign_parts([f"k{row}" for row in range(rows)], shares, seed)
        sizes = np.bincount(parts, minlength=len(shares))
        assert np.abs(sizes - np.multiply(shares, rows)).max() <= 1


def test_the_order_of_rows_and_the_names_of_others_play_no_role():
    keys = [f"k{row}" for row in range(30)]
    parts = dict(zip(keys, assign_parts(keys, (0.7, 0.3), 3), strict=True))
    turned = keys[::-1]
    assert dict(zip(turned, assign_parts(turned, (0.7, 0.3), 3), strict=True)) == parts
    # Surrogates are what Python reads of names of files that are no UTF-8.
    assert len(assign_parts(["\udcff", "a"], (0.5, 0.5), 0)) == 2


def test_values_come_by_key_by_what_it_belongs_to_or_in_order():
    keys, units = [("a", 0), ("a", 1), ("b", 0)], ["a", "a", "b"]
    assert by_row([1, 2, 3], "groups", keys, units) == [1, 2, 3]
    assert by_row({"a": 1, "b": 2}, "groups", keys, units) == [1, 1, 2]
    assert by_row({("a", 1): 5, "a": 1, "b": 2}, "groups", keys, units) == [1, 5, 2]
    series = pd.Series([2, 1, 7], index=["b", "a", "c"])
    assert by_row(series, "groups", keys, units) == [1, 1, 2]
    with pytest.raises(
        ValueError, match=r"`groups` must have an entry.*none for 2 rows \(\('a', 0"
    ):
        by_row({"b": 2}, "groups", keys, units)
    for wrong in ([1, 2], [1, 2, 3, 4]):
        with pytest.raises(ValueError, match=rf"of the 3 rows.*Received: {len(wrong)} entries"):
            by_row(wrong, "groups", keys, units)


@pytest.mark.parametrize(
    ("shares", "found"),
    [
        ((None, 0.0, 0.0), {"train": 1.0}),
        ((None, 0.25, 0.25), {"train": 0.5, "validation": 0.25, "test": 0.25}),
        ((0.5, 0.5, 0.0), {"train": 0.5, "validation": 0.5}),
        ((0.1, 0.0, 0.9), {"train": 0.1, "test": 0.9}),
        ((1.0, 0.0, 0.0), {"train": 1.0}),
    ],
)
def test_shares_are_filled_in_and_those_of_nothing_left_out(shares, found):
    assert split_shares(*shares) == pytest.approx(found)


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ((0.5, 0.25, 0.0), "that add up to 1"),
        ((0.5, 0.5, 0.5), "that add up to 1"),
        ((None, 1.5, 0.0), "must be shares in"),
        ((None, -0.1, 0.0), "must be shares in"),
        ((1.5, -0.5, 0.0), "must be shares in"),
        ((None, 0.5, 0.5), "`train` must be above 0"),
        ((0.0, 0.5, 0.5), "`train` must be above 0"),
    ],
)
def test_other_shares_are_refused(shares, message):
    with pytest.raises(ValueError, match=message):
        split_shares(*shares)


def test_parts_and_classes_without_rows_are_named():
    names, classes = ("train", "test"), ("cat", "dog", "fox")
    check_parts(np.array([0, 1]), names, None, ())
    check_parts(np.array([0, 0, 1, 1]), names, np.array([0, 1, 0, 1]), classes)
    check_parts(np.array([0, 1]), names, np.array([0, 3]), classes)  # 3 is of no class
    with pytest.raises(ValueError, match=r"2 rows, which would make {'train': 2, 'test': 0}"):
        check_parts(np.array([0, 0]), names, None, ())
    with pytest.raises(ValueError, match=r"4 rows, and none for training of 'dog', 'fox'\. Merge"):
        check_parts(np.array([0, 1, 1, 1]), names, np.array([0, 2, 1, 0]), classes)


def test_a_share_of_some_rows_depends_on_their_keys():
    keys = [f"k{row}" for row in range(40)]
    rows = np.arange(10, 30)
    assert choose_rows(rows, keys, 0, seed=1).tolist() == []
    assert choose_rows(rows, keys, 1, seed=1).tolist() == rows.tolist()
    chosen = choose_rows(rows, keys, 0.25, seed=1)
    assert len(chosen) == 5
    assert set(chosen.tolist()) < set(rows.tolist())
    again = choose_rows(rows[::-1], keys, 0.25, seed=1)
    assert sorted(again.tolist()) == sorted(chosen.tolist())
    assert sorted(choose_rows(rows, keys, 0.25, seed=2).tolist()) != sorted(chosen.tolist())


def test_named_parts_are_taken_and_others_left_out():
    given, keys = ["test", 1, "train", "test"], list("abcd")
    first, second = named_parts(given, ("train", "test"), ("1",), keys)
    assert (first.tolist(), second.tolist()) == ([2], [0, 3])
    with pytest.raises(
        ValueError, match=r"among \['train'\].*\['1', 'test'\] in 3 rows \('a', 'b', 'd'"
    ):
        named_parts(given, ("train",), (), keys)
    with pytest.raises(ValueError, match=r"none of 'validation', but \['1', 'test', 'train'\]"):
        named_parts(given, ("train", "validation"), ("1", "test"), keys)
