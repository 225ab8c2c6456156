"""How texts that are to be written are described, measured and encoded."""

import dataclasses
from collections.abc import Sequence
from typing import Literal

import numpy as np
import tensorflow as tf

from keras_multimodal.data.text.transform import TextTransform, make_token_counter
from keras_multimodal.schema import Text, TextTarget

OnLong = Literal["error", "truncate", "drop"]

_BATCH = 4096


def as_target(text: Text) -> TextTarget:
    """Return the description of a text as that of a target."""
    fields = {field.name: getattr(text, field.name) for field in dataclasses.fields(text)}
    return TextTarget(**{**fields, "optional": False})


def too_long(spec: Text, texts: Sequence[str]) -> np.ndarray:
    """Return which texts have more tokens than their description keeps, `(texts,)` bool."""
    count = make_token_counter(_without_ends(spec))
    dataset = tf.data.Dataset.from_tensor_slices(tf.constant(list(texts), tf.string))
    lengths = [count(batch).numpy() for batch in dataset.batch(_BATCH)]
    return np.concatenate(lengths) > spec.length


def encode(target: TextTarget, texts: Sequence[str]) -> np.ndarray:
    """Return the ids of texts, `(rows, length + 2)` int32: start, tokens, end, and padding.

    Args:
        target: The description, with its vocabulary.
        texts: The texts.
    """
    tokenize = TextTransform(_without_ends(target))
    dataset = tf.data.Dataset.from_tensor_slices(tf.constant(list(texts), tf.string))
    ids = np.concatenate([tokenize.finish(batch).numpy() for batch in dataset.batch(_BATCH)])
    rows = np.zeros((len(ids), target.length + 2), "int32")
    rows[:, 0] = target.start
    rows[:, 1:-1] = ids
    rows[np.arange(len(ids)), 1 + (ids > 0).sum(1)] = target.end
    return rows


def _without_ends(text: Text) -> Text:
    """Return it without a tokenizer's special tokens, which `length` does not count here."""
    if text.tokenizer is None:
        return text
    return dataclasses.replace(
        text, tokenizer=dataclasses.replace(text.tokenizer, start=None, end=None)
    )
