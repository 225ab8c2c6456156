"""Text: strings to token ids.

The one implementation. The pipeline calls it on each batch; the exported model on what it is sent.
"""

import dataclasses
from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

from keras_multimodal.data.column.autograph import unconverted
from keras_multimodal.data.column.registry import register_transform
from keras_multimodal.data.column.status import Status, code, worst
from keras_multimodal.data.column.transform import HOW_TO_LEARN, Transform, is_there
from keras_multimodal.data.text.standardization import make_standardizer
from keras_multimodal.data.text.subwords import Subwords
from keras_multimodal.schema import Text, Tokenizer


@register_transform("text")
class TextTransform(Transform[Text]):
    """Turns strings into token ids, by `keras.layers.TextVectorization` or a tokenizer.

    Raises:
        ValueError: If the description has no vocabulary yet.
    """

    def __init__(self, spec: Text) -> None:
        super().__init__(spec)
        if not spec.vocabulary and spec.tokenizer is None:
            raise ValueError(
                f"Text {spec.name!r} has no vocabulary yet. Learn one on the training rows: "
                f"{HOW_TO_LEARN}"
            )
        self.standardize = make_standardizer(spec)
        self.vocabulary = Subwords(spec.tokenizer) if spec.tokenizer else _vectorization(spec)

    def raw_present(self, raw: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return which rows have more than space, `(batch,)` bool."""
        return is_there(raw[self.spec.name])

    def load(self, cell: tf.Tensor) -> tf.Tensor:
        """Return the string itself: tokenising a whole batch at once costs next to nothing."""
        return cell

    def blank(self) -> tf.Tensor:
        """Return the empty string."""
        return tf.constant("")

    def load_batch(self, raw: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return the strings themselves."""
        return raw[self.spec.name]

    def finish(self, loaded: tf.Tensor) -> tf.Tensor:
        """Return `(batch, length)` int32 ids; 0 is padding, 1 a word not in the vocabulary."""
        ids = self.vocabulary(self.standardize(loaded))
        if self.spec.tokenizer is not None:
            ids = _pack(ids, self.spec.tokenizer, self.spec.length)
        return tf.ensure_shape(tf.cast(ids, tf.int32), (None, self.spec.length))

    def judge_batch(
        self, raw: Mapping[str, tf.Tensor], tensors: Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        """Return whether bytes are not UTF-8, or no word is known."""
        texts = raw[self.spec.name]
        replaced = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8")
        codes = [code(tf.not_equal(replaced, texts), Status.PARTLY_ABSENT)]
        if self.spec.tokenizer is None:  # subwords make up every text
            known = tf.reduce_any(tensors[self.spec.inner_name] > 1, 1)
            codes.append(code(self.raw_present(raw) & tf.logical_not(known), Status.UNSEEN))
        return worst(*codes)


def make_token_counter(spec: Text) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return the function from `(batch,)` strings to their numbers of tokens, before any is cut.

    Args:
        spec: The text's description; it needs no vocabulary.
    """
    standardize = make_standardizer(spec)
    if spec.tokenizer is not None:
        subwords = Subwords(spec.tokenizer)
        special = sum(map(len, _special_ids(spec.tokenizer)))
        return lambda texts: subwords(standardize(texts)).row_lengths() + special
    # Where a text is cut does not depend on which words are known.
    words = _vectorization(dataclasses.replace(spec, vocabulary=("a",)), ragged=True)
    return lambda texts: words(standardize(texts)).row_lengths()


def learn_vocabulary(texts: tf.data.Dataset, spec: Text) -> Text:
    """Return the description with the vocabulary of the given texts.

    Args:
        texts: Batches of strings, `(batch,)`; the training rows alone.
        spec: The text's description.

    Returns:
        `spec` with its `vocabulary`: the most frequent tokens first.

    Raises:
        ValueError: If the texts hold no token at all.
    """
    layer = _vectorization(spec)
    layer.adapt(texts.map(unconverted(make_standardizer(spec))))
    vocabulary = tuple(map(str, layer.get_vocabulary(include_special_tokens=False)))
    if not vocabulary:
        raise ValueError(
            f"Text {spec.name!r} must hold at least one token in the training rows. "
            "Received: texts that are empty once standardised"
        )
    return dataclasses.replace(spec, vocabulary=vocabulary)


def _vectorization(spec: Text, ragged: bool = False) -> keras.layers.TextVectorization:
    return keras.layers.TextVectorization(
        max_tokens=spec.max_tokens,
        standardize=None,
        # The standardizer has already put spaces where one script meets another.
        split="whitespace" if spec.split == "script" else spec.split,
        ngrams=spec.ngrams,
        output_sequence_length=None if ragged else spec.length,
        ragged=ragged,
        vocabulary=list(spec.vocabulary) or None,
        name=f"vectorization_{spec.inner_name}",
    )


def _pack(ids: tf.RaggedTensor, tokenizer: Tokenizer, length: int) -> tf.Tensor:
    """Cut ragged ids, put the special tokens around what is left, and pad: `(batch, length)`.

    An empty text has no special tokens either: all of it is padding.
    """
    start, end = _special_ids(tokenizer)
    ids = ids[:, : length - len(start) - len(end)]
    filled = tf.cast(ids.row_lengths() > 0, tf.int64)

    def repeated(tokens: list[int]) -> tf.RaggedTensor:
        values = tf.repeat(tf.constant(tokens, tf.int32)[None], tf.reduce_sum(filled), 0)
        return tf.RaggedTensor.from_row_lengths(tf.reshape(values, [-1]), filled * len(tokens))

    packed = tf.concat([repeated(start), ids, repeated(end)], axis=1)
    return packed.to_tensor(shape=(None, length))


def _special_ids(tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """Return the ids before and after each text, as the model sees them."""
    start, end = (
        [] if token is None else [token + tokenizer.offset]
        for token in (tokenizer.start, tokenizer.end)
    )
    return start, end
