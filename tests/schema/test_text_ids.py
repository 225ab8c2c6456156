"""The ids of a text's words, of its start and its end."""

import dataclasses

import pytest

from keras_multimodal.schema import Text, TextTarget, Tokenizer


@pytest.mark.parametrize("words", [1, 3, 5])
def test_a_text_has_two_ids_and_one_for_each_word(words):
    vocabulary = tuple("abcde"[:words])
    assert Text(length=1, vocabulary=vocabulary).vocabulary_size == words + 2
    target = TextTarget(length=3, vocabulary=vocabulary)
    assert (target.start, target.end, target.output_size) == (words + 2, words + 3, words + 4)
    assert target.steps == 4


@pytest.mark.parametrize(
    ("offset", "start", "end", "found"),
    [
        (0, 8, 9, (8, 9, 10)),
        (1, 8, 9, (9, 10, 11)),
        (0, None, None, (10, 11, 12)),
        (1, None, 3, (10, 4, 11)),
        (1, 3, None, (4, 10, 11)),
        (0, 12, None, (12, 13, 14)),
    ],
)
def test_a_tokenizers_start_and_end_are_a_texts(offset, start, end, found):
    tokenizer = Tokenizer(config="{}", vocabulary_size=10, offset=offset, start=start, end=end)
    target = TextTarget(length=3, standardize=None, tokenizer=tokenizer)
    assert (target.start, target.end, target.output_size) == found
    assert target.vocabulary_size == 10
    assert target.needs_tensorflow_text
    special = (start is not None) + (end is not None)
    if special:
        with pytest.raises(ValueError, match=f"beside the {special} special tokens"):
            dataclasses.replace(target, length=special)
    assert dataclasses.replace(target, length=special + 1).length == special + 1


@pytest.mark.parametrize(
    "wrong",
    [{"standardize": "lower"}, {"split": "character"}, {"ngrams": 2}, {"vocabulary": ("a",)}],
)
def test_a_tokenizer_cuts_alone(wrong):
    tokenizer = Tokenizer(config="{}", vocabulary_size=10)
    assert (tokenizer.offset, tokenizer.start, tokenizer.end) == (0, None, None)
    assert (tokenizer.text_files, tokenizer.binary_files) == ((), ())
    with pytest.raises(ValueError, match="with a tokenizer, which does all that by itself"):
        Text(**{"length": 3, "standardize": None, "tokenizer": tokenizer, **wrong})
