"""Texts that are to be written: what a decoder reads, and what it is to write."""

import keras_hub
import numpy as np
import pandas as pd
import pytest

from keras_multimodal import data
from keras_multimodal.schema import Schema, TextTarget

NAMES = {"a": "red cat", "b": "dog", "c": "red dog", "d": "big red cat"}


def records(captions=NAMES, length=3, **options):
    """Notes, and the names that are to be written for them."""
    notes = data.TextProcessor(length=2).load_data(dict.fromkeys("abcd", "x y"), name="note")
    names = data.TextProcessor(length=length).load_data(captions, name="caption")
    return data.pair(notes, captions=names, **options)


def test_a_batch_has_each_text_from_its_start_and_to_its_end():
    found = records().adapt()
    target = found.target
    assert isinstance(target, TextTarget)
    assert set(target.vocabulary) == {"red", "dog", "cat", "big"}
    assert (target.start, target.end, target.output_size, target.steps) == (6, 7, 8, 4)
    inputs, labels = next(iter(found.batch(4)))
    ids = {word: number for number, word in enumerate(target.vocabulary, start=2)}
    for row, key in enumerate(found.keys):
        words = [ids[word] for word in NAMES[key].split()]
        whole = [6, *words, 7, *[0] * (3 - len(words))]
        assert labels[row].numpy().tolist() == whole[1:]
        # What follows the end is padding, so the end is read by nobody.
        expected = [number if number != 7 else 0 for number in whole[:-1]]
        assert inputs["caption"][row].numpy().tolist() == expected


def test_the_vocabulary_is_that_of_the_training_rows():
    train, test = records().split_by(
        pd.Series(["train", "train", "train", "test"], list("abcd")), ("train", "test")
    )
    assert "big" not in train.target.vocabulary
    assert test.target == train.target
    assert test.captions.spec == train.captions.spec
    assert test.to_frame()["caption"].tolist() == ["big red cat"]
    inputs, _ = next(iter(test.batch(1)))
    assert inputs["caption"][0, 1] == 1  # unknown
    assert Schema.from_json(train.schema.to_json()) == train.schema


def test_a_tokenizers_own_start_and_end_are_kept_and_not_counted():
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "cat", "dog", "big"]
    tokenizer = keras_hub.models.BertTokenizer(vocabulary, lowercase=True)
    names = data.TextProcessor(length=3, tokenizer=tokenizer, special_tokens=True).load_data(
        NAMES, name="caption"
    )
    notes = data.TextProcessor(length=2).load_data(dict.fromkeys("abcd", "x y"), name="note")
    found = data.pair(notes, captions=names).adapt()
    inputs, labels = next(iter(found.batch(4)))
    last = found.keys.index("d")
    assert inputs["caption"][last].numpy().tolist() == [2, 8, 5, 6]
    assert labels[last].numpy().tolist() == [8, 5, 6, 3]
    assert found.target.output_size == len(vocabulary)


def test_texts_that_do_not_fit_are_an_error_or_cut_or_left_out():
    with pytest.raises(ValueError, match=r"`captions` must be texts of at most 2 tokens.*'d'"):
        records(length=2)
    cut = records(length=2, on_long="truncate")
    assert cut.report.cut == ("d",)
    assert "captions cut: 1 ('d')" in str(cut.report)
    _, labels = next(iter(cut.adapt().batch(4)))
    target = cut.adapt().target
    assert labels[3].numpy().tolist()[-1] == target.end
    dropped = records(length=2, on_long="drop")
    assert dropped.keys == ["a", "b", "c"]
    assert dropped.report.dropped == ("d",)


def test_rows_without_a_text_are_refused_or_left_out():
    captions = {**NAMES, "b": ""}
    with pytest.raises(ValueError, match=r"`captions` must have a caption for each row.*'b'"):
        records(captions)
    found = records(captions, on_missing="drop")
    assert found.keys == ["a", "c", "d"]
    assert found.report.unlabeled == ("b",)


def test_a_single_text_is_that_of_its_row():
    found = records({"c": "red dog"}, on_missing="drop")
    assert found.keys == ["c"]
    assert found.captions.cells.tolist() == ["red dog"]
    assert found.report.unlabeled == ("a", "b", "d")


def test_other_rows_keep_their_texts():
    found = records().adapt().select(["c", "a"])
    assert found.captions.cells.tolist() == ["red dog", "red cat"]
    assert np.shape(next(iter(found.batch(2)))[1]) == (2, 4)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: records(labels=["a"] * 4), ValueError, "`captions` must go without `labels`"),
        (lambda: records(on_long="cut"), ValueError, "`on_long` must be 'error', 'truncate' or"),
        (
            lambda: data.pair(data.TextProcessor().load_data(NAMES), captions=list(NAMES.values())),
            TypeError,
            "`captions` must be a column of TextProcessor",
        ),
        (lambda: TextTarget(length=3, ngrams=2), ValueError, "has to be put together again"),
    ],
)
def test_bad_arguments_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
