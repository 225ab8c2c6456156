"""Text: strings to token ids.

The one implementation. The pipeline calls it on each batch; the exported model on what it is sent.
"""

import dataclasses
from collections.abc import Mapping

import keras
import tensorflow as tf

from keras_multimodal.data.transform import Transform
from keras_multimodal.schema import Text

_PUNCTUATION = r"[!\"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']"


class TextTransform(Transform[Text]):
    """Strings to `(batch, length)` token ids, by `keras.layers.TextVectorization`.

    Raises:
        ValueError: If the description has no vocabulary yet.
    """

    def __init__(self, spec: Text) -> None:
        super().__init__(spec)
        if not spec.vocabulary:
            raise ValueError(
                f"Text {spec.name!r} has no vocabulary yet. Learn one on the training rows: "
                "`records.split(...)` does so, and `records.adapt()` where nothing is split off."
            )
        self.vectorization = _vectorization(spec)

    def load(self, cell: tf.Tensor) -> tf.Tensor:
        """The string itself: tokenising a whole batch at once costs next to nothing."""
        return cell

    def blank(self) -> tf.Tensor:
        """The empty string."""
        return tf.constant("")

    def load_batch(self, raw: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """The strings themselves."""
        return raw[self.spec.name]

    def finish(self, loaded: tf.Tensor) -> tf.Tensor:
        """`(batch, length)` int32 token ids; 0 is padding, 1 a word not in the vocabulary."""
        ids = self.vectorization(standardize_text(loaded, self.spec))
        return tf.ensure_shape(tf.cast(ids, tf.int32), (None, self.spec.length))


def standardize_text(texts: tf.Tensor, spec: Text) -> tf.Tensor:
    """Lower-case and strip punctuation as `spec.standardize` says.

    `TextVectorization` would lower ASCII letters only, so it is given texts that are ready.
    """
    if spec.standardize in ("lower", "lower_and_strip_punctuation"):
        texts = tf.strings.lower(texts, encoding="utf-8")
    if spec.standardize in ("strip_punctuation", "lower_and_strip_punctuation"):
        texts = tf.strings.regex_replace(texts, _PUNCTUATION, "")
    return texts


def learn_vocabulary(texts: tf.data.Dataset, spec: Text) -> Text:
    """The description with the vocabulary of the given texts.

    Args:
        texts: Batches of strings, `(batch,)`; the training rows alone.
        spec: The text's description.

    Returns:
        `spec` with its `vocabulary`: the most frequent tokens first.

    Raises:
        ValueError: If the texts hold no token at all.
    """
    layer = _vectorization(spec)
    layer.adapt(texts.map(lambda batch: standardize_text(batch, spec)))
    vocabulary = tuple(map(str, layer.get_vocabulary(include_special_tokens=False)))
    if not vocabulary:
        raise ValueError(
            f"Text {spec.name!r} must hold at least one token in the training rows. "
            "Received: texts that are empty once standardised"
        )
    return dataclasses.replace(spec, vocabulary=vocabulary)


def _vectorization(spec: Text) -> keras.layers.TextVectorization:
    return keras.layers.TextVectorization(
        max_tokens=spec.max_tokens,
        standardize=None,
        split=spec.split,
        output_sequence_length=spec.length,
        vocabulary=list(spec.vocabulary) or None,
        name=f"{spec.name}_vectorization",
    )
