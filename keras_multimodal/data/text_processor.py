"""Texts from frames, series, dicts and lists."""

import dataclasses
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from keras_multimodal.data.cells import frame_column, frame_keys, string_cells
from keras_multimodal.data.text_stream import TextStream
from keras_multimodal.schema import Text


class TextProcessor:
    """Streams of text, cut into tokens by `keras.layers.TextVectorization`.

    Args:
        max_words: The largest vocabulary, padding and unknown words included. Defaults to 10,000.
        length: Tokens kept of each text; shorter texts are padded with 0. Defaults to 32.
        standardize: `"lower_and_strip_punctuation"`, `"lower"`, `"strip_punctuation"` or `None`.
            Letters of every alphabet are lowered, not only ASCII's.
        split: `"whitespace"` or `"character"`.
        vocabulary: Tokens to use as they are; learned on the training rows by default.
        word_dropout: Share of the words, in [0, 1), that training batches take for unknown, anew
            in each epoch. Every word of the training rows is in the vocabulary that they make, so
            that without it a model never learns what to do about one that is not. Default 0.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> texts = TextProcessor(length=4).load_data(["A black cat", "a dog"])
    >>> texts.adapt().spec.vocabulary
    ('a', 'dog', 'cat', 'black')

    Reference:
        Word dropout: Iyyer et al., "Deep Unordered Composition Rivals Syntactic Methods for Text
        Classification", 2015, section 2.3; as there, but a word becomes unknown instead of
        vanishing.
    """

    def __init__(
        self,
        max_words: int = 10_000,
        length: int = 32,
        standardize: Literal["lower_and_strip_punctuation", "lower", "strip_punctuation"]
        | None = "lower_and_strip_punctuation",
        split: Literal["whitespace", "character"] = "whitespace",
        vocabulary: Sequence[str] | None = None,
        word_dropout: float = 0.0,
    ) -> None:
        if not 0 <= word_dropout < 1:
            raise ValueError(
                f"`word_dropout` must be in [0, 1). Received: word_dropout={word_dropout}"
            )
        self._word_dropout = word_dropout
        self._vocabulary = vocabulary
        self._spec = Text(length=length, max_tokens=max_words, standardize=standardize, split=split)

    def load_data(
        self,
        data: Any,
        column: str | None = None,
        *,
        key: str | None = None,
        name: str = "text",
        optional: bool = False,
    ) -> TextStream:
        """A stream of the texts in `data`.

        Args:
            data: A DataFrame (with `column`), a Series (its index holds the keys), a dict of text
                by key, or a list (the keys are 0, 1, 2, ...). An empty cell is a row without text.
            column: The frame's column.
            key: The frame's column of keys; its index by default.
            name: The input's name.
            optional: Whether a row may lack the text.

        Raises:
            TypeError: If a cell is not a string.
            ValueError: If the frame lacks a column, or there are no rows.
        """
        keys: Sequence[Hashable]
        if isinstance(data, pd.DataFrame):
            if column is None:
                raise ValueError(
                    f"`column` must name the frame's column of texts, one of {list(data.columns)}. "
                    "Received: column=None"
                )
            keys, values = frame_keys(data, key), frame_column(data, column, "column").tolist()
            source = f"column {column!r}"
        elif column is not None or key is not None:
            raise ValueError(
                "`column` and `key` must come with a DataFrame. "
                f"Received: data of type {type(data).__name__}, column={column!r}, key={key!r}"
            )
        else:
            source = "`data`"
            if isinstance(data, pd.Series):
                keys, values = data.index.tolist(), data.tolist()
            elif isinstance(data, Mapping):
                keys, values = list(data), list(data.values())
            else:
                values = list(data)
                keys = range(len(values))
        spec = dataclasses.replace(self._spec, name=name, optional=optional)
        stream = TextStream(spec, keys, string_cells(values, keys, source), source)
        stream = stream.with_word_dropout(self._word_dropout)
        return stream if self._vocabulary is None else stream.with_vocabulary(self._vocabulary)
