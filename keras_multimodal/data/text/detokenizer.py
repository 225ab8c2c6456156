"""Token ids back to texts, in a graph, for what a decoder has written."""

import tensorflow as tf

from keras_multimodal.data.column.transform import HOW_TO_LEARN
from keras_multimodal.data.text.subwords import build_tokenizer
from keras_multimodal.schema import TextTarget

_UNKNOWN = "[UNK]"


class Detokenizer(tf.Module):
    """Turns ids into strings, in the graph of a served model too.

    Words are put together with a space between them, characters without; a tokenizer does it in its
    own way. What was standardised, such as capitals, stays so.

    Args:
        target: The description of the texts, with its vocabulary.

    Call arguments:
        ids: `(batch, length)` ids; a text ends before its first end token, or with padding.

    Returns:
        `(batch,)` strings.

    Raises:
        ValueError: If the description has no vocabulary yet.

    Example:

    >>> detokenizer = Detokenizer(TextTarget(length=3, vocabulary=("red", "cat")))
    >>> detokenizer([[2, 3, 5], [3, 5, 0]]).numpy().tolist()
    [b'red cat', b'cat']
    """

    def __init__(self, target: TextTarget) -> None:
        super().__init__(name="detokenizer")
        self.target = target
        if target.tokenizer is not None:
            self.tokenizer = build_tokenizer(target.tokenizer)
            return
        if not target.vocabulary:
            raise ValueError(
                f"TextTarget {target.name!r} has no vocabulary yet. Learn one on the training "
                f"rows: {HOW_TO_LEARN}"
            )
        # Padding, start and end are no words.
        self.words = tf.constant(["", _UNKNOWN, *target.vocabulary, "", ""])

    def __call__(self, ids: tf.Tensor) -> tf.Tensor:
        """Return the texts; see the class."""
        ids = tf.cast(ids, tf.int32)
        ended = tf.cumsum(tf.cast(ids == self.target.end, tf.int32), axis=1) > 0
        tokens = tf.ragged.boolean_mask(ids, ~ended & (ids != 0) & (ids != self.target.start))
        return self._join(tokens)

    # Eagerly, a keras_hub tokenizer runs in Python; here it is the graph that is served. With
    # AutoGraph, which a tokenizer may need.
    @tf.function(input_signature=[tf.RaggedTensorSpec([None, None], tf.int32)])
    def _join(self, ids: tf.RaggedTensor) -> tf.Tensor:
        if self.target.tokenizer is not None:
            return self.tokenizer.detokenize(ids - self.target.tokenizer.offset)
        between = "" if self.target.split == "character" else " "
        words = tf.ragged.map_flat_values(lambda flat: tf.gather(self.words, flat), ids)
        return tf.strings.reduce_join(words, axis=-1, separator=between)
