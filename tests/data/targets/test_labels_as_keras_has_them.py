"""Labels in the forms that Keras, pandas and tensorflow-datasets give: one-hot, bytes, floats."""

import keras
import numpy as np
import pandas as pd
import pytest

from keras_multimodal.data import TableProcessor, TextProcessor, pair

NUMBERS = np.array([0, 1, 2, 1, 0, 2])
NAMES = ["ant", "bee", "cow"]
ONE_HOT = keras.utils.to_categorical(NUMBERS, 3)
MULTI_HOT = np.array([[1, 0, 1], [0, 1, 1], [0, 0, 0], [1, 1, 1], [0, 0, 1], [0, 1, 0]])
NAMED = pd.Series([NAMES[number] for number in NUMBERS])


def texts(count=6):
    return TextProcessor(length=2).load_data([f"word {row}" for row in range(count)])


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"labels": ONE_HOT}, ["0", "1", "2"]),
        ({"labels": ONE_HOT.astype("int64")}, ["0", "1", "2"]),
        ({"labels": ONE_HOT.tolist()}, ["0", "1", "2"]),
        ({"labels": pd.Series(list(ONE_HOT))}, ["0", "1", "2"]),
        ({"labels": dict(enumerate(ONE_HOT > 0))}, ["0", "1", "2"]),
        ({"labels": keras.ops.convert_to_tensor(ONE_HOT)}, ["0", "1", "2"]),
        ({"labels": ONE_HOT, "classes": NAMES}, NAMES),
        ({"labels": pd.get_dummies(NAMED)}, NAMES),
        ({"labels": pd.get_dummies(NAMED, dtype=float)}, NAMES),
        ({"labels": pd.get_dummies(NAMED)[::-1], "classes": NAMES, "ordered": True}, NAMES),
        ({"labels": NUMBERS.reshape(-1, 1)}, ["0", "1", "2"]),
        ({"labels": NUMBERS.astype("float32")}, ["0", "1", "2"]),
        ({"labels": NUMBERS.astype(float).tolist(), "classes": [0, 1, 2]}, ["0", "1", "2"]),
        ({"labels": NUMBERS, "classes": ["0", "1", "2"]}, ["0", "1", "2"]),
        ({"labels": [name.encode() for name in NAMED]}, NAMES),
        ({"labels": NAMED.to_numpy("S3")}, NAMES),
        ({"labels": [name.encode() for name in NAMED], "classes": NAMES}, NAMES),
    ],
)
def test_one_class_for_each_row(given, names):
    records = pair(texts(), **given)
    assert list(records.target.classes) == names
    assert not records.target.multi_label
    assert records.labels.tolist() == NUMBERS.tolist()


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"labels": MULTI_HOT}, ["0", "1", "2"]),
        ({"labels": MULTI_HOT.astype("float32"), "classes": NAMES}, NAMES),
        ({"labels": pd.DataFrame(MULTI_HOT, columns=NAMES)}, NAMES),
        ({"labels": pd.DataFrame(MULTI_HOT > 0, columns=NAMES)}, NAMES),
        (
            {
                "labels": [
                    [n for n, one in zip(NAMES, row, strict=True) if one] for row in MULTI_HOT
                ]
            },
            NAMES,
        ),
        (
            {"labels": [[n.encode() for n in np.array(NAMES)[row > 0]] for row in MULTI_HOT]},
            NAMES,
        ),
    ],
)
def test_several_classes_for_each_row(given, names):
    records = pair(texts(), **given)
    assert list(records.target.classes) == names
    assert records.target.multi_label
    assert records.labels.tolist() == MULTI_HOT.tolist()


def test_classes_keep_the_order_of_their_values():
    records = pair(texts(), labels=[10.0, 9.0, 10.0, 9.0, 100.0, 9.0])
    assert records.target.classes == ("9", "10", "100")


def test_a_class_that_no_row_has_stays():
    records = pair(texts(), labels=keras.utils.to_categorical(NUMBERS, 4))
    assert records.target.classes == ("0", "1", "2", "3")


def test_zero_and_one_may_be_two_classes_of_more():
    records = pair(texts(2), labels=[[0, 1], [1, 0]], classes=[0, 1, 2])
    assert records.labels.tolist() == [[1, 1, 0], [1, 1, 0]]
    lists = pair(texts(3), labels=[[0, 1], [1, 2], [2, 0]])
    assert lists.labels.tolist() == [[1, 1, 0], [0, 1, 1], [1, 0, 1]]


def test_columns_of_ones_and_zeros_are_targets_where_classes_say_so():
    frame = pd.DataFrame(MULTI_HOT[:, :2], columns=["left", "right"])
    records = pair(texts(), labels=frame, classes={"left": [0, 1], "right": [0, 1]})
    assert [target.name for target in records.target.targets] == ["left", "right"]


def test_a_row_without_any_is_left_to_on_missing():
    frame = pd.get_dummies(NAMED, dtype=float)
    frame.iloc[1] = np.nan
    records = pair(texts(), labels=frame, on_missing="drop")
    assert records.keys == [0, 2, 3, 4, 5]
    assert records.target.classes == tuple(NAMES)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"labels": ONE_HOT * 0.8 + 0.1}, r"a one or a zero for each class.*0\.1.*argmax\(1\)"),
        ({"labels": np.where(ONE_HOT > 0, 1, -1)}, r"Received: \[1.0, -1.0, -1.0\] in row 0"),
        ({"labels": ONE_HOT * np.nan}, r"Received: \[nan, nan, nan\]"),
        ({"labels": ONE_HOT, "classes": NAMES[:2]}, "of the 2 `classes`. Received: 3 in each row"),
        ({"labels": pd.get_dummies(NAMED.where(NAMED != "cow"))}, "Received: none in row 2, and"),
        ({"labels": ONE_HOT[:, :, None]}, r"Received: shape \(6, 3, 1\)"),
        ({"labels": np.eye(3)[[1] * 6]}, "at least two classes. Received: 6 rows of the one"),
        ({"labels": [b"\xff\xfe"] * 6}, r"bytes in UTF-8. Received: b'\\xff\\xfe', a bytes, in"),
        ({"labels": [{"a": 1}] * 6}, "Received: {'a': 1}, a dict, in row 0"),
        ({"labels": "ababab"}, "`labels` must be values by key.*Received: 'ababab', a str"),
        ({"labels": set("abcdef")}, "`labels` must be values by key.*a set"),
        ({"labels": NUMBERS, "classes": "012"}, "`classes` must be a list.*one string"),
        ({"values": [(1, 2)] * 6}, r"Received: \(1, 2\) in row 0. Give several as a frame"),
    ],
)
def test_what_is_no_class_is_refused(given, message):
    with pytest.raises((TypeError, ValueError), match=message):
        pair(texts(), **given)


def test_columns_of_an_array_are_numbers():
    values = np.arange(12.0).reshape(6, 2)
    records = pair(texts(), values=values)
    assert records.target.columns == ("0", "1")
    assert records.labels.tolist() == values.tolist()
    assert pair(texts(), values=values[:, :1]).target.columns == ("value",)


def test_a_key_may_come_twice_with_the_same_row_of_ones():
    names = pd.Series(["a", "b", "b"], index=["x", "y", "y"])
    column = TextProcessor(length=2).load_data(names)
    rows = np.eye(2)[[0, 1, 1]]
    records = pair(column, labels=rows, on_duplicates="expand")
    assert records.labels.tolist() == [0, 1, 1]
    cells = pd.Series(list(rows), names.index)
    assert pair(column, labels=cells, on_duplicates="expand").labels.tolist() == [0, 1, 1]
    with pytest.raises(ValueError, match="one value for each key"):
        pair(column, labels=pd.Series(list(np.eye(3)), names.index), on_duplicates="expand")


def test_batches_have_ones_among_zeros_where_asked():
    records = pair(texts(), labels=NUMBERS).adapt()
    _, labels = next(iter(records.batch(6, one_hot=True)))
    assert labels.numpy().tolist() == ONE_HOT.tolist()
    assert next(iter(records.batch(6)))[1].numpy().tolist() == NUMBERS.tolist()


def test_of_several_targets_only_classes_are_one_hot():
    frame = pd.DataFrame({"sort": [*NAMED[:5], None], "tags": [["x"], ["y"], [], [], [], ["x"]]})
    records = pair(texts(), labels=frame, values=pd.Series(NUMBERS, name="price")).adapt()
    _, labels, weights = next(iter(records.batch(6, one_hot=True)))
    assert labels["sort"].numpy()[:5].tolist() == ONE_HOT[:5].tolist()
    assert weights["sort"].numpy().tolist() == [1, 1, 1, 1, 1, 0]
    assert labels["tags"].shape == (6, 2)
    assert labels["price"].numpy()[:, 0].tolist() == NUMBERS.tolist()


def test_one_hot_wants_one_class():
    records = pair(texts(), labels=[["a"], ["b"], [], [], [], []]).adapt()
    for rows in (records, records.without_target()):
        with pytest.raises(ValueError, match="`one_hot` must go with labels, one class for each"):
            rows.batch(one_hot=True)


def test_categories_in_bytes_are_their_text():
    column = TableProcessor().from_dataframe(
        pd.DataFrame({"town": [b"Ulm", "Ulm", b"K\xc3\xb6ln"]})
    )
    assert column.adapt().spec.categories == (("Ulm", "Köln"),)
    with pytest.raises(ValueError, match=r"Received: b'\\xff' in row 1 of column 'town'"):
        TableProcessor().from_dataframe(pd.DataFrame({"town": [b"Ulm", b"\xff"]}))
