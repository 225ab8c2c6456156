"""What a column is, read off its cells."""

import decimal

import numpy as np
import pandas as pd
import pytest

from keras_multimodal.schema import ColumnKind, Schema, Text, column_kinds

MANY = [f"some words {place}" for place in range(60)]


def kind_of(cells, column="column"):
    (found,) = column_kinds(pd.DataFrame({column: cells}))
    return found.kind


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["a.png", "b/c.JPG", None, "d.webp"], "image"),
        (["a.wav", "b.mp3"], "audio"),
        (["a.csv", "b.parquet"], "sensor"),
        ([[1.0, 2.0], [3.0]], "sensor"),
        ([np.ones(3), np.zeros(3)], "sensor"),
        ([1.5, 2.0, np.nan], "number"),
        ([1, 2, 2], "number"),
        ([1.5, np.inf], "number"),
        ([np.inf, -np.inf], "ignore"),
        ([*map(str, range(99)), "thirty"], "number"),
        (["1", "2", "3", "x"] * 20, "category"),
        ([True, False], "category"),
        (["red", "blue"] * 3, "category"),
        (["light red", "blue"] * 3, "category"),
        (["7c", "8d", "9e", "7c", "8d", "9e"] * 30, "category"),
        ([f"code{place % 70}" for place in range(200)], "category"),
        (MANY, "text"),
        ([f"a{place}" for place in range(60)], "ignore"),
        ([None, ""], "ignore"),
        (["same", "same", "same"], "ignore"),
        (["2024-01-02", "2024-01-03"], "ignore"),
        (pd.to_datetime(["2024-01-02", "2024-01-03"]), "ignore"),
        ([decimal.Decimal("1.5"), decimal.Decimal("2")], "number"),
        (["1.5", "2.5", "3.25"], "number"),
        (["1.5", "2.5"] * 20, "number"),
        (["1", "2"] * 20, "category"),  # a frame's strings may be names
        (["007", "089", "123"], "ignore"),
        (["007", "089"] * 20, "category"),
        (["true", "False"], "category"),
    ],
)
def test_the_kind_of_a_column(cells, kind):
    assert kind_of(cells) == kind


NINE_OF_TEN = ["p.png", "q.jpg", "r.gif", "s.png", "t.jpg", "u.gif", "v.png", "w.jpg", "x.gif"]
DATES = [f"2024-01-0{day}" for day in range(1, 10)]
WORDS = ["a b", "c d", "e f"]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([*NINE_OF_TEN, "no picture"], "image"),
        ([*NINE_OF_TEN[:8], "nothing", "none"], "unknown"),
        ([*DATES, "someday"], "ignore"),
        ([*DATES[:8], "some day", "one day", *["on a day"] * 2], "unknown"),
        ([*map(str, range(9)), "ten"], "number"),
        ([*map(str, range(8)), "nine", "ten"], "unknown"),
        ([*map(str, range(60)), *"abcdefgh"], "unknown"),
        ([*map(str, range(10))], "number"),
        (["a", "b"] * 2, "category"),
        (["a", "b", "c", "a", "b"], "unknown"),
        ([f"word {place % 50}" for place in range(100)], "category"),
        ([f"word {place % 51}" for place in range(102)], "text"),
        ([f"w{place % 51}" for place in range(102)], "category"),
        ([*WORDS, "x", "y", "z"], "text"),
        ([*WORDS, "x", "y", "z", "w"], "unknown"),
        ([*WORDS, " x", "y ", " z ", "w"], "unknown"),  # a space at the end is none
    ],
)
def test_the_edges_between_kinds(cells, kind):
    (found,) = column_kinds(pd.DataFrame({"column": cells}), on_unknown="ignore")
    unknown = "cannot be told" in found.reason
    assert ("unknown" if unknown else found.kind) == kind


def test_the_reason_says_what_was_counted():
    (dates,) = column_kinds(pd.DataFrame({"column": [*DATES, "someday"]}))
    assert dates.reason.startswith("dates; ")
    (found,) = column_kinds(pd.DataFrame({"column": [*NINE_OF_TEN, "no picture"]}))
    assert found.reason == "9 of 10 cells end in .gif or .jpg or .png"
    texts = ["one", "one two", "one two three", "one two three four"]
    (text,) = column_kinds(pd.DataFrame({"column": texts}))
    assert text.reason == "4 texts of 3 words, the median"
    # 3.4e38 is what float32 holds, and no more.
    (number,) = column_kinds(pd.DataFrame({"column": [3.4028235e38, -3.4028235e38, 3.5e38, 1.0]}))
    assert number.reason == (
        "3 numbers from -3.40282e+38 to 3.40282e+38; 1 cells are none, such as 3.5e+38"
    )


@pytest.mark.parametrize("size", [38, 39])
def test_a_long_cell_is_cut_in_the_reason(size):
    (found,) = column_kinds(pd.DataFrame({"column": ["x" * size] * 3}))
    shown = repr("x" * size) if size == 38 else "'" + "x" * 36 + "..."
    assert found.reason == f"all its cells are {shown}"


@pytest.mark.parametrize("column", ["id", "row_id", "Key", "Unnamed: 0", "uuid"])
def test_whole_numbers_that_differ_are_keys_by_their_name(column):
    assert kind_of([3, 7, 9], column) == "ignore"
    assert kind_of([3, 7, 7], column) == "number"
    assert kind_of([3, 7, 9], "weight") == "number"


def test_what_is_known_better_is_taken():
    frame = pd.DataFrame({"code": ["a", "b", "c", "d"], "size": [1, 2, 3, 4], "y": [0, 1, 0, 1]})
    found = column_kinds(frame, {"code": "text", "size": "category"}, skip=("y",))
    assert [(each.column, each.kind) for each in found] == [("code", "text"), ("size", "category")]
    assert str(found[0]) == "code: text (as you say)"


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            [f"a{place % 40}" for place in range(60)],
            "'column', which has 40 different strings in 60",
        ),
        ([[1, 2], "b"], "'column', which has 1 lists among its 2 cells"),
    ],
)
def test_a_column_that_is_nothing_known_is_named(cells, message):
    with pytest.raises(ValueError, match=message):
        column_kinds(pd.DataFrame({"column": cells}))


def test_what_is_no_number_is_counted():
    (found,) = column_kinds(pd.DataFrame({"age": [*map(str, range(20, 80)), "1_0", "inf"]}))
    assert found.reason == "60 numbers from 20 to 79; 2 cells are none, such as '1_0'"


def test_all_columns_that_are_nothing_known_are_named_or_ignored():
    cells = [f"a{place % 40}" for place in range(60)]
    frame = pd.DataFrame({"one": cells, "two": cells, "size": range(60)})
    with pytest.raises(ValueError, match=r"'one', which has 40 .*; 'two', which has 40 "):
        column_kinds(frame)
    found = column_kinds(frame, on_unknown="ignore")
    assert [each.kind for each in found] == ["ignore", "ignore", "number"]
    assert found[0].reason == (
        "40 different strings in 60 cells, such as 'a0' and 'a1': what that is cannot be told: "
        "say it"
    )
    with pytest.raises(ValueError, match='`on_unknown` must be "error" or "ignore"'):
        column_kinds(frame, on_unknown="drop")


def test_wrong_kinds_are_named():
    frame = pd.DataFrame({"size": [1, 2]})
    with pytest.raises(ValueError, match=r"`kinds` must name columns of the table.*'sise'"):
        column_kinds(frame, {"sise": "number"})
    with pytest.raises(ValueError, match=r"`kinds` must be among.*'size': 'float'"):
        column_kinds(frame, {"size": "float"})


def test_a_schema_is_inferred_and_nothing_is_printed(capsys):
    frame = pd.DataFrame(
        {
            "Photo": [f"{place}.png" for place in range(60)],
            "Review Text": MANY,
            "age": np.arange(60) / 7,
            "town": ["Rome", "Oslo"] * 30,
            "label": ["a", "b"] * 30,
        }
    )
    schema = Schema.infer(frame, target="label")
    assert schema.names == ("Photo", "Review Text", "table")
    assert schema["table"].columns == ("age", "town")
    assert schema["Review Text"].length == 3
    assert schema.target.classes == ("a", "b")
    assert schema.target.name == "label"
    assert capsys.readouterr() == ("", "")
    assert not any(modality.optional for modality in schema.inputs)


def test_gaps_make_a_modality_optional_and_numbers_are_a_target():
    frame = pd.DataFrame({"note": [*MANY[:58], None, ""], "price": np.arange(60) / 3})
    schema = Schema.infer(frame, target="price")
    assert schema["note"].optional
    assert schema.target.columns == ("price",)
    assert Schema.infer(frame, kinds={"price": "ignore"}).inputs == (
        Text(name="note", length=3, optional=True),
    )


def test_a_schema_that_cannot_be_inferred_says_what_to_do():
    with pytest.raises(ValueError, match="`target` must be a column"):
        Schema.infer(pd.DataFrame({"a": [1, 2]}), target="b")
    with pytest.raises(ValueError, match="SensorProcessor"):
        Schema.infer(pd.DataFrame({"trace": ["a.csv", "b.csv"]}))
    with pytest.raises(
        ValueError, match="`frame` must have a column that something can be learned"
    ):
        Schema.infer(pd.DataFrame({"a": [1, 1]}))


def test_a_kind_is_printed_in_a_line():
    assert str(ColumnKind("a", "number", "2 numbers from 1 to 2")) == (
        "a: number (2 numbers from 1 to 2)"
    )


def test_a_table_may_have_a_single_row():
    (found,) = column_kinds(pd.DataFrame({"column": ["red"]}))
    assert (found.kind, found.reason) == ("ignore", "all its cells are 'red'")
