"""Texts from frames, series, dicts and lists."""

import dataclasses
import os
import warnings
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, Literal

import pandas as pd

from keras_multimodal.data.column.cells import as_pandas, row_values, string_cells
from keras_multimodal.data.column.frames import as_frame
from keras_multimodal.data.column.keyed_files import frame_strings
from keras_multimodal.data.column.lines_file import is_lines_file, read_lines
from keras_multimodal.data.text.column import TextColumn, check_vocabulary
from keras_multimodal.data.text.subwords import describe_tokenizer
from keras_multimodal.data.text.words import joined_words
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import Text
from keras_multimodal.schema.text import text_split
from keras_multimodal.schema.unspaced_scripts import are_unspaced
from keras_multimodal.types import Frame


class TextProcessor:
    """Makes columns of texts, cut into tokens by `keras.layers.TextVectorization` or a tokenizer.

    Args:
        max_words: The largest vocabulary, padding and unknown words included. Defaults to 10,000.
        length: Tokens kept of each text; shorter texts are padded with 0. Defaults to 32.
        standardize: `"lower_and_strip_punctuation"`, `"lower"`, `"strip_punctuation"` or `None`.
            Letters of every alphabet are lowered, not only ASCII's.
        split: `"whitespace"`, `"character"`, or `"script"`: at white space, and around each
            character of Chinese, Japanese, Thai, Lao, Khmer and Burmese, which are written without
            spaces; punctuation of every script then goes the way of ASCII's. `"auto"` takes
            `"script"` where the texts are written so, else `"whitespace"`, which warns of them.
        vocabulary: Tokens to use as they are, at most `max_words` - 2; learned on the training
            rows by default.
        word_dropout: Share of the words, in [0, 1), that training batches take for unknown, anew
            in each epoch. Every word of the training rows is in the vocabulary that they make, so
            that without it a model never learns what to do about one that is not. Default 0.
        ngrams: Which n-grams are tokens: up to a number, or exactly those of a tuple. Defaults to
            `None`, single words.
        normalize: Unicode normal form to bring texts to first: `"NFC"`, `"NFD"`, `"NFKC"`,
            `"NFKD"` or `None`. An exported model then needs `import tensorflow_text` where it is
            served.
        tokenizer: A keras_hub tokenizer (WordPiece, byte-pair or SentencePiece), whose vocabulary
            is kept; `standardize`, `split` and the like are then its business. An exported model
            needs `import tensorflow_text` too. Where the tokenizer's id 0 is not its padding, all
            of its ids are moved up by one.
        special_tokens: Whether each text gets the tokenizer's start and end token, such as `[CLS]`
            and `[SEP]`; they count towards `length`. Defaults to `False`.
        segmenter: A Python function from a text to its words, for languages without spaces. It is
            used when the texts are loaded, and is no part of an exported model, which is refused.

    Raises:
        ImportError: If the tokenizer's package is not installed.
        TypeError: If `tokenizer` is no keras_hub tokenizer, or `vocabulary` is one string.
        ValueError: If an argument is out of range, or does not go with another.

    Example:

    >>> texts = TextProcessor(length=4).load_data(["A black cat", "a dog"])
    >>> texts.adapt().spec.vocabulary
    ('a', 'dog', 'cat', 'black')
    >>> chinese = TextProcessor(split="script").load_data(["我有一只黑猫。"])
    >>> len(chinese.adapt().spec.vocabulary)
    6

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
        split: Literal["auto", "whitespace", "character", "script"] = "whitespace",
        vocabulary: Sequence[str] | None = None,
        word_dropout: float = 0.0,
        ngrams: int | tuple[int, ...] | None = None,
        normalize: Literal["NFC", "NFD", "NFKC", "NFKD"] | None = None,
        tokenizer: Any = None,
        special_tokens: bool = False,
        segmenter: Callable[[str], Sequence[str]] | None = None,
    ) -> None:
        if not 0 <= word_dropout < 1:
            raise ValueError(
                f"`word_dropout` must be in [0, 1). Received: word_dropout={word_dropout}"
            )
        if tokenizer is not None and word_dropout:
            raise ValueError(
                "`word_dropout` must be 0 with a tokenizer, which spells unknown words out. "
                f"Received: word_dropout={word_dropout}"
            )
        if special_tokens and tokenizer is None:
            raise ValueError("`special_tokens` must come with a tokenizer. Received: none")
        self._split = split if tokenizer is None else "whitespace"
        self._warns = split == "whitespace" and tokenizer is None
        self._word_dropout = word_dropout
        self._vocabulary = vocabulary
        self._segmenter = segmenter
        name = "" if segmenter is None else getattr(segmenter, "__name__", repr(segmenter))
        self._spec = Text(
            length=length,
            max_tokens=max_words,
            # The default is TextVectorization's; a tokenizer does without.
            standardize=None if tokenizer is not None else standardize,
            split="whitespace" if split == "auto" else split,
            ngrams=ngrams,
            normalize=normalize,
            tokenizer=None if tokenizer is None else describe_tokenizer(tokenizer, special_tokens),
            segmenter=name,
        )
        if vocabulary is not None:
            check_vocabulary(vocabulary, max_words)

    def from_dataframe(
        self,
        dataframe: Frame,
        column: str | list[str],
        *,
        separator: str = " ",
        key: str | None = None,
        name: str | None = None,
        optional: bool = False,
    ) -> TextColumn:
        """Return a column of the texts in a column of a frame.

        Args:
            dataframe: One row for each record; of pandas, or with a method `to_pandas`; or the
                path of a file that `read_table` reads.
            column: Column of texts; or a list of several, whose texts are joined, empty ones left
                out. An empty cell is a row without text, and a list of words the text of them.
            separator: What stands between the texts of several columns.
            key: Column of keys; the frame's index by default.
            name: The input's name; `"text"` by default.
            optional: Whether a row may lack the text.

        Raises:
            TypeError: If a cell is not a string.
            ValueError: If the frame lacks a column, or there are no rows.

        Example:

        >>> frame = pd.DataFrame({"title": ["Cat", "Dog"], "story": ["It sleeps.", None]})
        >>> TextProcessor().from_dataframe(frame, ["title", "story"]).cells.tolist()
        ['Cat It sleeps.', 'Dog']
        """
        columns = column if isinstance(column, list) else [column]
        dataframe = as_frame(dataframe, key, as_text=columns)
        if not columns:
            raise ValueError(
                "`column` must name the frame's column of texts, or several, of "
                f"{list(dataframe.columns)}. Received: column=[]"
            )
        keys, parts = frame_strings(dataframe, columns, key, convert=joined_words)
        cells = [separator.join(filter(None, row)) for row in zip(*parts, strict=True)]
        source = f"column {columns[0]!r}" if len(columns) == 1 else f"columns {columns}"
        return self._column(keys, cells, source, Text.name if name is None else name, optional)

    def load_data(
        self,
        data: str | os.PathLike[str] | pd.Series | Mapping[Hashable, Any] | Iterable[Any],
        column: str | list[str] | None = None,
        *,
        key: str | None = None,
        encoding: str | None = None,
        name: str = "text",
        optional: bool = False,
    ) -> TextColumn:
        """Return a column of the texts in a Series, a dict, a list or a file.

        Args:
            data: A Series (its index holds the keys), also of another package with a method
                `to_pandas`; a dict of text by key; or a list (the keys are 0, 1, 2, ...). An empty
                cell is a row without text. Or the path of a file: of a `.txt`, each line of which
                is a text (the keys are 0, 1, 2, ...), or of a table that `read_table` reads.
            column: Of a table, the column of texts, or several; see `from_dataframe`.
            key: Of a table, the column of keys; 0, 1, 2, ... by default.
            encoding: Of a file, its encoding; as its bytes show by default.
            name: The input's name.
            optional: Whether a row may lack the text.

        Raises:
            FileNotFoundError: If there is no such file.
            TypeError: If a cell is not a string, or `data` is a frame.
            ValueError: If there are no rows, a file cannot be read, or `column` and `key` do not go
                with `data`.

        Example:

        >>> import pathlib
        >>> _ = pathlib.Path("texts.txt").write_text("A black cat\\na dog\\n")
        >>> TextProcessor().load_data("texts.txt").cells.tolist()
        ['A black cat', 'a dog']
        """
        if isinstance(data, (str, os.PathLike)) and not is_lines_file(data):
            columns = column if isinstance(column, list) else [column or ""]
            frame = as_frame(data, key, "data", columns, encoding)
            if column is None:
                raise ArgumentError(
                    "column",
                    f"must name the column of texts in {os.fspath(data)!r}, which has "
                    f"{list(frame.columns)}. Received: column=None",
                )
            return self.from_dataframe(frame, column, key=key, name=name, optional=optional)
        if column is not None or key is not None:
            raise ArgumentError(
                "data",
                "must be the path of a table where `column` or `key` is given. "
                f"Received: {type(data).__name__}, column={column!r}, key={key!r}. Of a frame use "
                "`from_dataframe(dataframe, column)`.",
            )
        source = "`data`"
        if isinstance(data, (str, os.PathLike)):
            source, data = f"file {os.fspath(data)!r}", read_lines(data, encoding)
        elif encoding is not None:
            raise ArgumentError(
                "encoding",
                f"must be left out where `data` is no file. Received: {encoding!r}",
            )
        data = as_pandas(data)
        if isinstance(data, pd.DataFrame):
            raise TypeError(
                "`data` must be a Series, a dict or a list; of a frame use "
                "`from_dataframe(dataframe, column)`. "
                f"Received: a frame of the columns {list(data.columns)}"
            )
        keys: Sequence[Hashable]
        if isinstance(data, pd.Series):
            keys, values = data.index.tolist(), data.tolist()
        elif isinstance(data, Mapping):
            keys, values = list(data), list(data.values())
        else:
            values = row_values(data, "data")
            keys = range(len(values))
        cells = string_cells(map(joined_words, values), keys, source)
        return self._column(keys, cells, source, name, optional)

    def _column(
        self,
        keys: Sequence[Hashable],
        cells: Sequence[str],
        source: str,
        name: str,
        optional: bool,
    ) -> TextColumn:
        if self._segmenter is not None:
            cells = [self._segment(cell, each) for cell, each in zip(cells, keys, strict=True)]
        spec = dataclasses.replace(self._spec, name=name, optional=optional)
        if self._split == "auto":
            spec = dataclasses.replace(spec, split=text_split(cells))
        elif self._warns and are_unspaced(cells):
            warnings.warn(
                f"The texts of {source} are written without spaces, and `split` is 'whitespace': "
                "each is one token, or a few. Give TextProcessor split='script' or 'auto', or a "
                "`tokenizer`.",
                stacklevel=3,
            )
        texts = TextColumn(spec, keys, cells, source).with_word_dropout(self._word_dropout)
        return texts if self._vocabulary is None else texts.with_vocabulary(self._vocabulary)

    def _segment(self, cell: str, key: Hashable) -> str:
        """Return a text as its words with spaces between them."""
        words = self._segmenter(cell) if cell and self._segmenter is not None else []
        if isinstance(words, str) or not all(isinstance(word, str) for word in words):
            raise TypeError(
                "`segmenter` must return a list of strings. "
                f"Received: {words!r} for the text of row {key!r}"
            )
        # A text that has no words is still there: its row doesn't lack it.
        return " ".join(words) or (" " if cell else "")
