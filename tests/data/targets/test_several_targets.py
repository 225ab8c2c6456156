"""Several targets of a record: paired by key, with gaps, and in batches by name."""

import numpy as np
import pandas as pd
import pytest

from keras_multimodal.data import TextProcessor, cache_features, pair
from keras_multimodal.schema import ClassTarget, NumberTarget, Schema, Targets

FRAME = pd.DataFrame(
    {
        "text": ["red cat", "dog", "red dog", "cat", "bird", "big cat"] * 4,
        "grade": ["low", "high", None, "mid", "low", "high"] * 4,
        "tags": [["a"], [], ["a", "b"], None, ["b"], ["a"]] * 4,
        "price": [1.0, 2.0, 3.0, np.nan, 5.0, 6.0] * 4,
        "age": np.arange(24.0),
    },
    index=[f"k{row}" for row in range(24)],
)
GRADES = {"grade": ["low", "mid", "high"]}


def texts(frame=FRAME):
    return TextProcessor(length=2).from_dataframe(frame, column="text")


def make(frame=FRAME, **options):
    return pair(
        texts(frame),
        labels=frame[["grade", "tags"]],
        values=frame[["price", "age"]],
        classes=GRADES,
        ordered=["grade"],
        **options,
    )


def test_each_column_is_a_target_of_its_own():
    records = make()
    grade, tags, price, age = records.target
    assert grade == ClassTarget(name="grade", classes=("low", "mid", "high"), ordered=True)
    assert tags == ClassTarget(name="tags", classes=("a", "b"), multi_label=True)
    assert price == NumberTarget(name="price", columns=("price",))
    assert age.name == "age"
    assert records.labels["grade"][:6].tolist() == [0, 2, -1, 1, 0, 2]
    np.testing.assert_array_equal(records.labels["tags"][1:4], [[0, 0], [1, 1], [np.nan, np.nan]])
    np.testing.assert_array_equal(records.labels["price"][2:5, 0], [3, np.nan, 5])
    frame = records.to_frame()
    assert frame["grade"].fillna("?").tolist()[:4] == ["low", "high", "?", "mid"]
    assert frame["tags"].tolist()[:4] == [("a",), (), ("a", "b"), None]
    np.testing.assert_array_equal(frame["price"], FRAME["price"].astype("float32"))


def test_what_rows_lack_is_counted_and_named():
    report = make().report
    assert report.partly_labeled["grade"] == ("k2", "k8", "k14", "k20")
    assert report.partly_labeled["tags"] == report.partly_labeled["price"]
    assert report.partly_labeled["age"] == ()
    assert (report.rows, report.matched, report.unlabeled) == (24, 16, ())
    assert "  without price: 4 ('k3', 'k9', 'k15', 'k21')" in str(report)
    assert '"partly_labeled": {' in report.to_json()


def test_two_targets_may_be_lacked_one_by_one():
    report = pair(texts(), labels=FRAME["grade"], values=FRAME["price"]).report
    assert report.partly_labeled == {
        "grade": ("k2", "k8", "k14", "k20"),
        "price": ("k3", "k9", "k15", "k21"),
    }


def test_of_a_single_target_no_row_lacks_a_part():
    records = pair(texts(), labels=FRAME["grade"], on_missing="drop")
    assert records.report.partly_labeled == {}


def test_a_row_without_any_target_is_an_error_or_dropped():
    frame = FRAME.copy()
    frame.loc["k2", ["tags", "price", "age"]] = None
    with pytest.raises(ValueError, match=r"`labels` or `values` must have a label or value.*'k2'"):
        make(frame)
    with pytest.raises(ValueError, match="must have a label or value"):
        make(frame, on_missing="mask")
    records = make(frame, on_missing="drop")
    assert "k2" not in records.keys
    assert records.report.unlabeled == records.report.dropped == ("k2",)


def test_batches_have_labels_and_weights_by_name():
    records = make(sample_weight={"k0": 0.5, "k3": 2.0}).adapt()
    inputs, labels, weights = next(iter(records.batch(6)))
    assert list(inputs) == ["text"]
    assert labels["grade"].numpy().tolist() == [0, 2, 0, 1, 0, 2]
    assert weights["grade"].numpy().tolist() == [0.5, 1, 0, 2, 1, 1]
    assert labels["tags"].numpy().tolist() == [[1, 0], [0, 0], [1, 1], [0, 0], [0, 1], [1, 0]]
    assert weights["tags"].numpy().tolist() == [0.5, 1, 1, 0, 1, 1]
    assert labels["price"].numpy()[:, 0].tolist() == [1, 2, 3, 0, 5, 6]
    assert weights["price"].numpy().tolist() == [0.5, 1, 1, 0, 1, 1]
    assert labels["age"].shape == (6, 1)
    assert records.labels["grade"][2] == -1  # as before


def test_batches_that_are_shuffled_keep_labels_with_their_rows():
    records = make().adapt()
    ages = {}
    for _, labels, _ in records.batch(5, training=True):
        for grade, age in zip(labels["grade"].numpy(), labels["age"].numpy()[:, 0], strict=True):
            ages[int(age)] = grade
    assert [ages[row] for row in range(6)] == [0, 2, 0, 1, 0, 2]


def test_splits_are_alike_in_the_first_class_and_learn_of_the_rows_that_have_a_number():
    train, test = make().split(test=0.5, seed=1)
    for part in (train, test):
        counts = np.bincount(part.labels["grade"] + 1, minlength=4)
        np.testing.assert_allclose(counts, [2, 4, 2, 4], atol=1)
    prices = train.labels["price"][:, 0]
    there = prices[np.isfinite(prices)]
    assert train.target["price"].mean == pytest.approx((there.mean(),))
    assert train.target["price"].std == pytest.approx((there.std(),))
    assert test.target == train.target
    assert Schema.from_json(train.schema.to_json()) == train.schema
    folds = list(make().folds(3))
    assert [len(validation) for _, validation in folds] == [8, 8, 8]


def test_selected_rows_and_modalities_keep_their_targets():
    chosen = make().select(["k3", "k1"])
    assert chosen.labels["grade"].tolist() == [1, 2]
    assert chosen.labels["tags"].shape == (2, 2)
    assert chosen.select_modalities("text").target == chosen.target


def test_a_part_without_a_target_cannot_learn_it():
    with pytest.raises(ValueError, match=r"labels of each target.*none of 'tags' in 1 rows"):
        make().select(["k3"]).adapt()


def test_balance_is_refused():
    with pytest.raises(ValueError, match="and no other target"):
        make().adapt().batch(4, balance=True)


def test_series_lists_and_dicts_are_targets_too():
    first = texts()
    records = pair(first, labels=FRAME["age"] > 9, values=FRAME["price"].rename("cost"))
    assert records.target.names == ("age", "cost")
    records = pair(first, labels=(FRAME["age"] > 9).tolist(), values=FRAME["age"].to_dict())
    assert records.target.names == ("label", "value")
    records = pair(first, labels=FRAME[["grade"]].fillna("mid"), classes=GRADES, ordered=True)
    assert records.target == ClassTarget(classes=("low", "mid", "high"), ordered=True)
    records = pair(
        first,
        labels=FRAME["grade"].fillna("mid"),
        values=FRAME["age"],
        classes=["low", "mid", "high"],
    )
    assert records.target["grade"].classes == ("low", "mid", "high")


def test_features_are_cached_beside_several_targets(tmp_path):
    import keras

    records = make().adapt()
    encoder = keras.layers.Embedding(10, 4, mask_zero=True, trainable=False)
    cached = cache_features(records, {"text": encoder}, tmp_path, verbose=False)
    assert cached.target == records.target
    inputs, labels, _ = next(iter(cached.batch(4)))
    assert inputs["text"].shape == (4, 2, 4)
    assert labels["grade"].numpy().tolist() == [0, 2, 0, 1]


LABELS = FRAME[["grade", "tags"]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": LABELS, "ordered": True, "classes": GRADES}, "must name the columns"),
        ({"labels": LABELS, "ordered": ["grade"]}, "must come with `classes`"),
        ({"labels": LABELS, "ordered": "color", "classes": GRADES}, "must come with `classes`"),
        ({"labels": LABELS, "classes": ["low", "mid", "high"]}, "be a dict by column"),
        ({"labels": LABELS, "classes": {"color": ["red", "blue"]}}, r"\['color'\] too"),
        ({"labels": LABELS, "classes": {"grade": ["low"]}}, r"`labels\['grade'\]` must be among"),
        ({"values": FRAME["age"], "classes": ["low"]}, "`classes` must go with labels"),
        ({"labels": FRAME[[]]}, "must have columns"),
        ({"labels": FRAME[["grade", "grade"]]}, "whose names differ"),
        ({"labels": FRAME[["grade"]] * 1, "match": True}, "`match` must go without `labels`"),
        (
            {"labels": FRAME[["grade"]], "values": FRAME["age"], "match": True},
            "must go without `labels`",
        ),
        ({"labels": LABELS.rename(columns={"tags": ""})}, r"not empty; rename a frame"),
        ({"labels": LABELS.rename(columns={"tags": "text"})}, "differ from each other"),
        (
            {"labels": LABELS.assign(tags=None), "values": FRAME["age"]},
            r"`labels\['tags'\]` must have an entry",
        ),
        ({"labels": LABELS, "values": FRAME["price"] * np.inf}, "finite numbers in 'price'"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        pair(texts(), **options)


def test_targets_need_no_class_of_every_kind():
    """Two columns of labels, and no number."""
    records = pair(texts(), labels=LABELS)
    assert isinstance(records.target, Targets)
    assert records.target["grade"].classes == ("high", "low", "mid")
