"""A column of texts, as `TextProcessor` makes it."""

import copy
import dataclasses
import os
from collections.abc import Sequence
from typing import Self

import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.autograph import unconverted
from keras_multimodal.data.column.column import BatchFinisher, CellLoader, Column
from keras_multimodal.data.column.random_numbers import uniform
from keras_multimodal.data.text.transform import learn_vocabulary, make_token_counter
from keras_multimodal.data.text.truncation import Truncation
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import Modality, Text

_BATCH = 4096
_UNKNOWN = 1

# Word `i` of a text draws from slot `_FIRST_SLOT + i`; those below are the pictures'.
_FIRST_SLOT = 100


def check_vocabulary(vocabulary: Sequence[str], max_words: int) -> None:
    """Check that a vocabulary of the caller's is one, and not too large.

    Args:
        vocabulary: The tokens, without padding and unknown.
        max_words: The largest vocabulary, padding and unknown words included.
    """
    if isinstance(vocabulary, (str, bytes, os.PathLike)):
        raise TypeError(
            f"`vocabulary` must be a list of tokens. Received: vocabulary={vocabulary!r}"
        )
    if not len(vocabulary):
        raise ValueError(
            "`vocabulary` must have at least one token, or be left out: it is then learned on the "
            f"training rows. Received: vocabulary={vocabulary!r}"
        )
    if len(vocabulary) > max_words - 2:
        raise ValueError(
            "`vocabulary` must have at most `max_words` - 2 tokens: padding and unknown words "
            f"take two. Received: {len(vocabulary)} tokens and max_words={max_words}. Let "
            f"`max_words` be {len(vocabulary) + 2} or more, or leave tokens out."
        )


class TextColumn(Column):
    """Texts by key: what `TextProcessor` makes.

    The vocabulary is learned on the training rows: `records.split` does so by itself.

    Example:

    >>> from keras_multimodal.data import TextProcessor
    >>> column = TextProcessor().load_data(["a cat", "a dog"]).tokenize(max_words=3, length=4)
    >>> column.adapt().spec.vocabulary, column.spec.shape
    (('a',), (4,))
    """

    spec: Text
    word_dropout = 0.0
    _keeps_vocabulary = False

    def tokenize(self, max_words: int | None = None, length: int | None = None) -> Self:
        """Return the column with another vocabulary size or length.

        Args:
            max_words: The largest vocabulary, padding and unknown words included; unchanged by
                default.
            length: Tokens kept of each text; unchanged by default.

        Raises:
            ValueError: If a vocabulary of the caller's is larger than `max_words` allows.
        """
        max_words = self.spec.max_tokens if max_words is None else max_words
        length = self.spec.length if length is None else length
        if self._keeps_vocabulary:
            check_vocabulary(self.spec.vocabulary, max_words)
        return self.with_spec(dataclasses.replace(self.spec, max_tokens=max_words, length=length))

    def with_vocabulary(self, vocabulary: Sequence[str]) -> Self:
        """Return the column with a vocabulary of the caller's, which adapting leaves alone.

        Args:
            vocabulary: The tokens, without padding and unknown.

        Raises:
            TypeError: If it is one string.
            ValueError: If it is empty, or larger than the description's `max_tokens` allows.
        """
        check_vocabulary(vocabulary, self.spec.max_tokens)
        column = self.with_spec(dataclasses.replace(self.spec, vocabulary=tuple(vocabulary)))
        column._keeps_vocabulary = True
        return column

    def with_word_dropout(self, rate: float) -> Self:
        """Return the column with the share of words that training takes for unknown.

        Args:
            rate: The share, in [0, 1); 0 with a tokenizer, which spells unknown words out.
        """
        if not 0 <= rate < (1 if self.spec.tokenizer is None else 1e-9):
            raise ValueError(
                "`rate` must be in [0, 1), and 0 with a tokenizer. "
                f"Received: rate={rate}, tokenizer={self.spec.tokenizer is not None}"
            )
        column = copy.copy(self)
        column.word_dropout = rate
        return column

    def truncated(self) -> Truncation:
        """Count the texts of more than `length` tokens, whose ends are cut off, among all."""
        count = make_token_counter(self.spec)
        texts = tf.data.Dataset.from_tensor_slices(tf.constant(self.cells[self.present], tf.string))
        longer = texts.batch(_BATCH).map(unconverted(lambda batch: count(batch) > self.spec.length))
        cut = sum(int(np.count_nonzero(batch)) for batch in longer)
        return Truncation(count=cut, texts=int(np.count_nonzero(self.present)))

    def as_described(self, spec: Modality) -> Self:
        """Return the column as other texts were described; see the base class."""
        segmenter = getattr(spec, "segmenter", "")
        if segmenter != self.spec.segmenter:
            raise ArgumentError(
                "schema",
                f"must describe {spec.name!r} with the `segmenter` that its words were cut by, "
                f"{self.spec.segmenter!r}. Received: {segmenter!r}. Give TextProcessor the same.",
            )
        return super().as_described(spec)

    def cell_loader(self) -> CellLoader:
        """Return the text itself; a batch is tokenised at once."""
        return tf.identity

    def batch_finisher(self, batch_size: int, training: bool) -> BatchFinisher:
        """Tokenise, and in training take some of the words for unknown."""
        tokenize, rate, length = self.transform.finish, self.word_dropout, self.spec.length
        if not training or not rate:
            return lambda texts, seeds: tokenize(texts)

        def finish(texts: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
            ids = tokenize(texts)  # (batch, length)
            draws = uniform(seeds, range(_FIRST_SLOT, _FIRST_SLOT + length))
            return tf.where((draws < rate) & (ids > 0), _UNKNOWN, ids)

        return finish

    def adapt(self) -> Self:
        """Return the column with the vocabulary of its rows, unless it was given one."""
        if self._keeps_vocabulary or self.spec.tokenizer is not None:
            return self
        spec = dataclasses.replace(self.spec, vocabulary=())
        texts = tf.data.Dataset.from_tensor_slices(tf.constant(self.cells[self.present], tf.string))
        return self.with_spec(learn_vocabulary(texts.batch(_BATCH), spec))
