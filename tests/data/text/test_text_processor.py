"""Texts are loaded from whatever users have them in, each under its key."""

import numpy as np
import pandas as pd
import pytest

from keras_multimodal.data import TextProcessor, pair
from keras_multimodal.data.text.column import TextColumn
from keras_multimodal.schema import Text


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (["x", "y"], [0, 1]),
        ({"a": "x", "b": "y"}, ["a", "b"]),
        (pd.Series(["x", "y"], index=[7, 3]), [7, 3]),
    ],
)
def test_every_source_gives_texts_by_key(data, keys):
    column = TextProcessor().load_data(data)
    assert column.keys == keys
    assert column.cells.tolist() == ["x", "y"]


def test_each_row_of_a_column_has_a_key():
    with pytest.raises(
        ValueError, match=r"`keys` must have one key for each of the 2 rows of a li"
    ):
        TextColumn(Text(length=2), ["a"], ["red", "blue"], "a list")


def test_missing_cells_are_rows_without_text():
    column = TextProcessor().load_data(["a", None, float("nan"), pd.NA, "", np.nan])
    assert column.present.tolist() == [True] + [False] * 5


def test_tokenize_sets_the_vocabulary_and_the_length():
    column = TextProcessor(length=5).load_data(["b b a"]).tokenize(max_words=3, length=2)
    assert column.adapt().spec.vocabulary == ("b",)
    assert column.spec.length == 2


def test_adapting_starts_anew_but_keeps_a_given_vocabulary():
    column = TextProcessor().load_data(["a", "b"])
    assert set(column.adapt().take(["k"], np.array([1])).adapt().spec.vocabulary) == {"b"}
    given = TextProcessor(vocabulary=["z"]).load_data(["a"])
    assert given.adapt().spec.vocabulary == ("z",)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (pd.DataFrame({"t": ["x"]}), TypeError, r"use `from_dataframe\(.*columns \['t'\]"),
        ([3], TypeError, "must hold strings.*3, a int, in row 0"),
        ([], ValueError, "must have at least one row"),
        ({"k": "a \ud800"}, ValueError, "UTF-8 can write.*in row 'k'"),
    ],
)
def test_wrong_data_is_refused(data, error, message):
    with pytest.raises(error, match=message):
        TextProcessor().load_data(data)


@pytest.mark.parametrize(
    ("data", "column", "error", "message"),
    [
        ({"t": ["x"]}, None, ValueError, r"`column` must name.*\['t'\]"),
        ({"t": ["x"]}, "u", ValueError, "`column` must name a column"),
        ({"t": ["x"]}, [], ValueError, r"`column` must name.*\['t'\].*column=\[\]"),
        ({"t": ["x"], "u": [3]}, ["t", "u"], TypeError, "column 'u' must hold strings.*3, a int"),
    ],
)
def test_a_wrong_column_is_refused(data, column, error, message):
    with pytest.raises(error, match=message):
        TextProcessor().from_dataframe(pd.DataFrame(data), column)


@pytest.mark.parametrize(
    ("vocabulary", "error", "message"),
    [
        (list("abc"), ValueError, "3 tokens and max_words=4. Let `max_words` be 5 or more"),
        ([], ValueError, r"at least one token, or be left out.*vocabulary=\[\]"),
        ("ab", TypeError, "must be a list of tokens.*'ab'"),
    ],
)
def test_a_vocabulary_that_makes_no_sense_is_refused_at_once(vocabulary, error, message):
    with pytest.raises(error, match=message):
        TextProcessor(max_words=4, vocabulary=vocabulary)
    with pytest.raises(error, match=message):
        TextProcessor(max_words=4).load_data(["a"]).with_vocabulary(vocabulary)


def test_a_vocabulary_may_be_as_large_as_was_said():
    column = TextProcessor(max_words=4, length=2, vocabulary=["a", "b"]).load_data(["b a"])
    assert pair(column).batch(1).get_single_element()["text"].numpy().tolist() == [[3, 2]]
    with pytest.raises(ValueError, match="2 tokens and max_words=3"):
        column.tokenize(max_words=3)
    assert column.tokenize(length=1).spec.max_tokens == 4
    # One that was learned is learned anew.
    learned = TextProcessor(max_words=4).load_data(["b b a"]).adapt()
    assert learned.tokenize(max_words=3).adapt().spec.vocabulary == ("b",)


def token_ids(records, **options):
    """Every row's ids, `(rows, length)`, in the order of the keys."""
    return np.concatenate([batch["text"].numpy() for batch in records.batch(64, **options)])


def test_word_dropout_makes_the_given_share_of_words_unknown_in_training_only():
    texts = [f"w{row} x y" for row in range(1000)]
    records = pair(TextProcessor(length=4, word_dropout=0.3).load_data(texts)).adapt()
    plain = token_ids(records)
    assert (plain[:, :3] > 1).all()
    dropped = token_ids(records, training=True, shuffle=False)
    changed = dropped != plain
    assert (dropped[changed] == 1).all()
    assert (dropped[:, 3] == 0).all()
    # Three standard errors of a share of 1,000 draws.
    np.testing.assert_allclose(changed[:, :3].mean(0), 0.3, atol=0.044)
    # One word says nothing of the next.
    assert abs(np.corrcoef(changed[:, 0], changed[:, 1])[0, 1]) < 0.1
    np.testing.assert_array_equal(token_ids(records, training=True, shuffle=False), dropped)
    assert (token_ids(records, training=True, shuffle=False, seed=1) != dropped).any()


def test_a_wrong_word_dropout_is_refused():
    with pytest.raises(ValueError, match=r"`word_dropout` must be in \[0, 1\).*1"):
        TextProcessor(word_dropout=1)


CHINESE = ["这个产品质量很好", "非常差。快递太慢"]


def test_texts_that_no_spaces_part_are_cut_by_script_or_warned_of():
    with pytest.warns(UserWarning, match=r"`data` are written without spaces.*split='script'"):
        TextProcessor().load_data(CHINESE)
    found = TextProcessor(split="auto").load_data(CHINESE)
    assert found.spec.split == "script"
    assert "质" in found.adapt().spec.vocabulary
    assert TextProcessor(split="auto").load_data(["a cat"]).spec.split == "whitespace"
    for quiet in ({"split": "script"}, {"split": "character"}, {"segmenter": lambda text: [*text]}):
        TextProcessor(**quiet).load_data(CHINESE)
