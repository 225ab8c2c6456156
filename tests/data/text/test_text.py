"""Text becomes ids: 0 for padding, 1 for the unknown, letters of any alphabet lowered."""

import pytest
import tensorflow as tf

from keras_multimodal.data.text.transform import TextTransform, learn_vocabulary
from keras_multimodal.schema import Text


def tokens(spec, *texts):
    ids = TextTransform(spec)({spec.name: tf.constant(texts)})
    return ids[spec.name].numpy().tolist()


def test_words_are_numbered_padded_and_cut():
    spec = Text(length=3, vocabulary=("red", "cat"))
    assert tokens(spec, "Red, cat!", "a red CAT too many", "") == [[2, 3, 0], [1, 2, 3], [0, 0, 0]]


def test_letters_of_every_alphabet_are_lowered():
    spec = Text(length=2, vocabulary=("größe", "привет"))
    assert tokens(spec, "GRÖSSE Привет", "GRÖßE ПРИВЕТ") == [[1, 3], [2, 3]]


def test_characters_can_be_the_tokens():
    spec = Text(length=4, split="character", vocabulary=("猫", "黑"))
    assert tokens(spec, "黑猫x") == [[3, 2, 1, 0]]


def test_standardisation_can_be_switched_off():
    spec = Text(length=2, standardize=None, vocabulary=("Cat!",))
    assert tokens(spec, "Cat! cat") == [[2, 1]]


def test_the_most_frequent_words_are_learned_first_and_no_more_than_asked():
    texts = tf.data.Dataset.from_tensor_slices(["b b a", "a b c"]).batch(1)
    learned = learn_vocabulary(texts, Text(length=2, max_tokens=4))
    assert learned.vocabulary == ("b", "a")
    assert all(type(token) is str for token in learned.vocabulary)


def test_a_text_without_a_vocabulary_says_what_to_do():
    with pytest.raises(ValueError, match=r"'title' has no vocabulary yet.*records\.split"):
        TextTransform(Text(name="title", length=2))


def test_texts_without_a_token_are_refused():
    texts = tf.data.Dataset.from_tensor_slices(["!!", ""]).batch(2)
    with pytest.raises(ValueError, match="'text' must hold at least one token"):
        learn_vocabulary(texts, Text(length=2))
