"""A stream of texts, as `TextProcessor` makes it."""

import dataclasses
from collections.abc import Sequence
from typing import Self

import tensorflow as tf

from keras_multimodal.data.stream import Loader, Stream
from keras_multimodal.data.text import learn_vocabulary
from keras_multimodal.schema import Text

_ADAPT_BATCH = 4096


class TextStream(Stream):
    """Texts by key: what `TextProcessor.load_data` returns.

    The vocabulary is learned on the training rows: `records.split` does so by itself.
    """

    spec: Text
    _keeps_vocabulary = False

    def tokenize(self, max_words: int = 10_000, length: int | None = None) -> Self:
        """The stream with another vocabulary size or length.

        Args:
            max_words: The largest vocabulary, padding and unknown words included.
            length: Tokens kept of each text; unchanged by default.
        """
        length = self.spec.length if length is None else length
        return self.with_spec(dataclasses.replace(self.spec, max_tokens=max_words, length=length))

    def with_vocabulary(self, vocabulary: Sequence[str]) -> Self:
        """The stream with a vocabulary of the caller's, which adapting leaves alone.

        Args:
            vocabulary: The tokens, without padding and unknown.
        """
        stream = self.with_spec(dataclasses.replace(self.spec, vocabulary=tuple(vocabulary)))
        stream._keeps_vocabulary = True
        return stream

    def loader(self) -> Loader:
        """The text itself; a batch is tokenised at once."""
        return tf.identity

    def adapt(self) -> Self:
        """The stream with the vocabulary of its rows, unless it was given one."""
        if self._keeps_vocabulary:
            return self
        spec = dataclasses.replace(self.spec, vocabulary=())
        texts = tf.data.Dataset.from_tensor_slices(tf.constant(self.cells[self.present], tf.string))
        return self.with_spec(learn_vocabulary(texts.batch(_ADAPT_BATCH), spec))
