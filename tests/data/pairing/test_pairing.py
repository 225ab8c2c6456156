"""Pairing is by key: nothing is ever joined by position, and nothing is lost without a count."""

import json

import numpy as np
import pandas as pd
import pytest

from keras_multimodal.data import TextProcessor, pair


def column(name, cells, **arguments):
    return TextProcessor(length=3).load_data(cells, name=name, **arguments)


@pytest.mark.parametrize("on_missing", ["drop", "mask"])
@pytest.mark.parametrize("seed", range(25))
def test_every_row_holds_what_belongs_to_its_key(seed, on_missing):
    generator = np.random.default_rng(seed)
    names = ["first", "second", "third"][: generator.integers(1, 4)]
    universe = np.arange(30)
    sources = {}
    for name in names:
        keys = generator.permutation(universe)[: generator.integers(10, 31)]
        empty = generator.random(len(keys)) < 0.2
        sources[name] = {
            int(key): "" if gap else f"{name} {key}" for key, gap in zip(keys, empty, strict=True)
        }
    labels = {int(key): f"class {key}" for key in generator.permutation(universe)}
    classes = list(labels.values())
    having = {name: {k for k, v in source.items() if v} for name, source in sources.items()}
    wanted = (set.intersection if on_missing == "drop" else set.union)(*having.values())
    every = set.union(*(set(source) for source in sources.values()))

    columns = [column(name, source) for name, source in sources.items()]
    if not wanted:
        with pytest.raises(ValueError, match="a row in common that has everything"):
            pair(*columns, labels=labels, classes=classes, on_missing=on_missing)
        return
    records = pair(*columns, labels=labels, classes=classes, on_missing=on_missing)
    table = records.to_frame()
    assert set(table.index) == wanted
    assert len(table) == len(wanted) == records.report.rows
    for key, row in table.iterrows():
        assert row["label"] == f"class {key}"
        for name in names:
            assert row[name] == sources[name].get(key, "")
    report = records.report
    assert report.matched == len(set.intersection(*having.values()))
    assert set(report.dropped) == every - wanted
    for name in names:
        assert set(report.missing[name]) == every - having[name]


def test_the_order_of_the_first_column_is_kept():
    records = pair(column("a", {3: "x", 1: "y", 2: "z"}), column("b", {1: "u", 2: "v", 3: "w"}))
    assert records.keys == [3, 1, 2]
    assert records.to_frame()["b"].tolist() == ["w", "u", "v"]


def test_rows_that_lack_something_are_an_error_by_name_and_count():
    a, b = column("a", {1: "x", 2: "y", 3: "z"}), column("b", {1: "u", 3: "", 4: "v"})
    with pytest.raises(ValueError, match=r"of 4 rows, 1 lack 'a' \(4\); 2 lack 'b' \(2, 3\)"):
        pair(a, b)


def test_an_optional_column_may_lack_rows():
    a, b = column("a", {1: "x", 2: "y"}), column("b", {1: "u"}, optional=True)
    records = pair(a, b)
    assert [spec.optional for spec in records.schema.inputs] == [False, True]
    assert records.to_frame()["b"].tolist() == ["u", ""]


def test_mask_makes_every_modality_optional_whether_or_not_it_has_gaps():
    records = pair(column("a", {1: "x"}), column("b", {1: "u"}), on_missing="mask")
    assert all(spec.optional for spec in records.schema.inputs)


def test_a_row_with_nothing_in_it_is_refused_or_left_out_and_counted():
    a, b = column("a", {1: "x", 2: ""}), column("b", {1: "u", 2: ""})
    for on_missing in ("mask", "drop"):
        assert pair(
            a, b, labels={1: 0, 2: 1, 3: 1}, classes=[0, 1], on_missing=on_missing
        ).report.dropped == (2,)
    a, b = (s.as_optional() for s in (a, b))
    with pytest.raises(ValueError, match=r"1 lack 'a' \(2\); 1 lack 'b' \(2\)"):
        pair(a, b)


def test_repeated_keys_are_an_error_that_names_them():
    frame = pd.DataFrame({"t": ["x", "y", "z"]}, index=[1, 1, 2])
    twice = TextProcessor().from_dataframe(frame, "t")
    with pytest.raises(ValueError, match=r"1 keys more than once in 'text' \(column 't'\): 1"):
        pair(twice)
    with pytest.raises(ValueError, match=r"one value for each key.*'x' and 'y' for 1"):
        pair(column("a", {1: "x", 2: "y"}), labels=frame["t"])


@pytest.mark.parametrize("on_missing", ["error", "drop", "mask"])
def test_keys_that_match_nothing_are_an_error_that_shows_both_kinds(on_missing):
    a, b = column("a", {1: "x", 2: "y"}), column("b", {"1": "u", "2": "v"}, optional=True)
    with pytest.raises(ValueError, match=r"no key of 'b' \('1', '2'\).*'a' are 1, 2"):
        pair(a, b, on_missing=on_missing)


@pytest.mark.parametrize("empty", [None, float("nan"), "", "absent"])
@pytest.mark.parametrize("on_missing", ["error", "mask"])
def test_a_row_without_a_label_is_an_error_that_names_it(empty, on_missing):
    labels = {1: "p", 2: "q", 3: empty}
    if empty == "absent":
        del labels[3]
    a = column("a", {1: "x", 2: "y", 3: "z"})
    with pytest.raises(ValueError, match=r"`labels` must have a label.*1 of 3 rows \(3\)"):
        pair(a, labels=labels, on_missing=on_missing)
    records = pair(a, labels=labels, on_missing="drop")
    assert (records.keys, records.report.unlabeled) == ([1, 2], (3,))
    with pytest.raises(ValueError, match="3 of 3 rows"):
        pair(a, labels={}, on_missing=on_missing)


def test_labels_come_by_key_or_in_the_first_columns_order():
    a = column("a", {"k2": "x", "k1": "y"})
    by_key = pd.Series(["p", "q", "p"], index=["k1", "k2", "k3"])
    for labels in (by_key, by_key.to_dict(), ["q", "p"]):
        records = pair(a, labels=labels)
        assert records.target.classes == ("p", "q")
        assert records.labels.tolist() == [1, 0]
    assert pair(a, labels=by_key).report.unused_labels == 1


def test_classes_can_be_given_and_are_in_numerical_order_otherwise():
    a = column("a", {1: "x", 2: "y", 3: "z"})
    assert pair(a, labels=[10, 9, 10]).target.classes == ("9", "10")
    records = pair(a, labels=["p", "q", "p"], classes=["q", "r", "p"])
    assert records.labels.tolist() == [2, 0, 2]
    with pytest.raises(ValueError, match=r"`labels` must be among `classes`.*'p' in row 1"):
        pair(a, labels=["p", "q", "p"], classes=["q", "r"])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"columns": []}, ValueError, "at least one column"),
        ({"columns": ["a"]}, TypeError, "must be columns.*str"),
        ({"columns": ["twice"]}, ValueError, r"names that differ.*\['a', 'a'\]"),
        ({"on_missing": "ignore"}, ValueError, "`on_missing` must be.*'ignore'"),
        ({"labels": ["p"]}, ValueError, "one value for each of the 2 rows of 'a'.*1 values"),
        ({"labels": ["p", "p"]}, ValueError, "at least two classes.*2 rows of the one class 'p'"),
        ({"match": "a"}, TypeError, "`match` must be True, or a dict of the towers.*match='a'"),
        ({"labels": ["p", 3]}, TypeError, r"of one type.*\['int', 'str'\]"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    a = column("a", {1: "x", 2: "y"})
    kinds = {"a": "not a column"}
    columns = arguments.pop("columns", None)
    chosen = [a] if columns is None else [a, a] if columns == ["twice"] else map(kinds.get, columns)
    with pytest.raises(error, match=message):
        pair(*chosen, **arguments)


def test_the_report_prints_and_goes_to_json():
    a, b = column("a", dict.fromkeys(range(9), "x")), column("b", {8: "u", "new": "v"})
    report = pair(a, b, on_missing="drop").report
    assert str(report) == (
        "1 rows, 1 of them with everything\n"
        "  without a: 1 ('new')\n"
        "  without b: 8 (0, 1, 2, 3, 4 and 3 more)\n"
        "  left out: 9 (0, 1, 2, 3, 4 and 4 more)"
    )
    content = json.loads(report.to_json())
    assert content["missing"] == {"a": ["new"], "b": list(range(8))}
    assert content["matched"] == 1
    labels = {1: "p", 2: "q", 3: None, "stray": "p", "other": "q"}
    report = pair(
        column("a", dict.fromkeys(range(1, 4), "x")), labels=labels, on_missing="drop"
    ).report
    assert "  without label: 1 (3)\n" in str(report)
    assert str(report).endswith("  labels of no row: 2")


def test_pairs_have_no_label_to_show():
    a, b = column("a", {1: "x", 2: "y"}), column("b", {1: "u", 2: "v"})
    assert pair(a, b, match=True).to_frame().to_dict("list") == {"a": ["x", "y"], "b": ["u", "v"]}


def test_names_that_get_in_each_others_way_are_refused():
    with pytest.raises(ValueError, match="from the target's"):
        pair(column("a", {1: "x", 2: "y"}), captions=column("a", {1: "p", 2: "q"}))
    with pytest.raises(ValueError, match="'a_present', 'a_present'"):
        pair(column("a", {1: "x"}, optional=True), column("a_present", {1: "y"}))
