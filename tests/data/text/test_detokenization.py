"""Ids back to texts."""

import keras_hub
import pytest
import tensorflow as tf

from keras_multimodal import data
from keras_multimodal.data.targets.texts import as_target, encode
from keras_multimodal.schema import TextTarget

TEXTS = ["red cat", "dog", "a big red dog"]


def target(**options):
    column = data.TextProcessor(length=24, **options).load_data(TEXTS, name="caption")
    return as_target(column.adapt().spec)


def byte_pairs():
    """A small GPT-2 tokenizer, whose start and end are the same token."""
    letters = sorted({c for text in TEXTS for c in text if c != " "})
    names = ["<|endoftext|>", *letters, "Ġ", *(f"Ġ{c}" for c in letters)]
    return keras_hub.models.GPT2Tokenizer(
        vocabulary={name: number for number, name in enumerate(names)},
        merges=[f"Ġ {c}" for c in letters],
    )


def word_pieces():
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "cat", "dog", "a", "big"]
    return keras_hub.models.BertTokenizer(words, lowercase=True)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"split": "character"},
        {"tokenizer": byte_pairs(), "special_tokens": True},
        {"tokenizer": word_pieces(), "special_tokens": True},
        {"tokenizer": word_pieces()},
    ],
    ids=["words", "characters", "byte pairs", "word pieces", "without special tokens"],
)
def test_texts_come_back(options):
    described = target(**options)
    detokenizer = data.Detokenizer(described)
    ids = encode(described, TEXTS)[:, 1:]
    assert [text.decode() for text in detokenizer(ids).numpy()] == TEXTS
    graph = tf.function(detokenizer, input_signature=[tf.TensorSpec([None, None], tf.int32)])
    assert [text.decode() for text in graph(ids).numpy()] == TEXTS


def test_nothing_is_read_behind_the_end():
    described = TextTarget(length=4, vocabulary=("red", "cat"))
    red, cat, start, end = 2, 3, described.start, described.end
    rows = [[red, cat, end, cat], [end, red, red, red], [red, 1, cat, red], [red, 0, cat, start]]
    found = data.Detokenizer(described)(rows).numpy().tolist()
    assert found == [b"red cat", b"", b"red [UNK] cat red", b"red cat"]


def test_a_description_without_vocabulary_is_refused():
    with pytest.raises(ValueError, match="TextTarget 'caption' has no vocabulary yet"):
        data.Detokenizer(TextTarget(length=4))
