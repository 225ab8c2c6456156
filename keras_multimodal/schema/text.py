"""The description of a text."""

import dataclasses
import math
from collections.abc import Sequence
from typing import ClassVar, Literal, Self

from keras_multimodal.schema._json import tuples
from keras_multimodal.schema.kinds import register_modality
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.schema.modality import Modality
from keras_multimodal.schema.tokenizer import Tokenizer
from keras_multimodal.schema.unspaced_scripts import are_unspaced, count_tokens
from keras_multimodal.types import Cell

_STANDARDIZE = ("lower_and_strip_punctuation", "lower", "strip_punctuation", None)
_SPLIT = ("whitespace", "character", "script")
_NORMALIZE = ("NFC", "NFD", "NFKC", "NFKD", None)
_LONGEST = 128  # words, where a column alone is known
_LONGEST_OF_CHARACTERS = 256  # where each is a token
_WHOLE = 0.95  # the share of the texts that are kept whole there


@register_modality
@dataclasses.dataclass(frozen=True, kw_only=True)
class Text(Modality):
    """A string in, `(length,)` int32 token ids out; 0 is padding, 1 a word not in the vocabulary.

    With a `tokenizer`, the ids above 0 are the tokenizer's, plus its `offset`.

    Args:
        name: The input's name.
        optional: Whether a row may lack the text.
        length: Tokens kept of each text; shorter ones are padded, longer ones cut.
        max_tokens: The largest vocabulary to learn, padding and unknown included.
        standardize: What is done to the string first, in `keras.layers.TextVectorization`'s terms.
            Always `None` with a tokenizer.
        normalize: The Unicode normal form that the string is brought to before anything else,
            `"NFC"`, `"NFD"`, `"NFKC"` or `"NFKD"`.
        split: How it is cut into tokens, in the same layer's terms; or `"script"`: at white space,
            and around each character of a script that is written without spaces.
        ngrams: Which n-grams are tokens, in the same layer's terms: up to a number, or exactly
            those of a tuple.
        vocabulary: The tokens learned on the training rows, without padding and unknown; empty
            until adapted.
        tokenizer: A keras_hub tokenizer that cuts the string instead.
        segmenter: Name of the Python function that cut the strings into words before they came
            here, with spaces between them; empty for none.

    Raises:
        ValueError: If an argument is out of its range, or does not go with another.

    Example:

    >>> Text(length=12, vocabulary=("cat", "dog")).vocabulary_size
    4
    """

    kind: ClassVar[str] = "text"
    sequential: ClassVar[bool] = True

    name: str = "text"
    length: int
    max_tokens: int = 10_000
    standardize: Literal["lower_and_strip_punctuation", "lower", "strip_punctuation"] | None = (
        "lower_and_strip_punctuation"
    )
    normalize: Literal["NFC", "NFD", "NFKC", "NFKD"] | None = None
    split: Literal["whitespace", "character", "script"] = "whitespace"
    ngrams: int | tuple[int, ...] | None = None
    vocabulary: tuple[str, ...] = ()
    tokenizer: Tokenizer | None = None
    segmenter: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.tokenizer, dict):  # as JSON has it
            config = {name: tuples(value) for name, value in self.tokenizer.items()}
            object.__setattr__(self, "tokenizer", Tokenizer(**config))
        if self.length < 1:
            raise ValueError(f"`length` must be at least 1 token. Received: length={self.length}")
        if self.max_tokens < 3:
            raise ValueError(
                "`max_tokens` must leave room for padding, unknown and one word (3 or more). "
                f"Received: max_tokens={self.max_tokens}"
            )
        for field, choices in (
            ("standardize", _STANDARDIZE),
            ("normalize", _NORMALIZE),
            ("split", _SPLIT),
        ):
            if getattr(self, field) not in choices:
                raise ValueError(
                    f"`{field}` must be one of {list(choices)}. "
                    f"Received: {field}={getattr(self, field)!r}"
                )
        numbers = self.ngrams if isinstance(self.ngrams, tuple) else (self.ngrams,)
        if self.ngrams is not None and (
            not numbers or not all(type(number) is int and number > 0 for number in numbers)
        ):
            raise ValueError(
                "`ngrams` must be a positive whole number or a tuple of them. "
                f"Received: ngrams={self.ngrams!r}"
            )
        if self.tokenizer is not None:
            self._check_tokenizer(self.tokenizer)

    def _check_tokenizer(self, tokenizer: Tokenizer) -> None:
        cutting = (self.standardize, self.split, self.ngrams, self.vocabulary)
        if cutting != (None, "whitespace", None, ()):
            raise ValueError(
                "`standardize`, `split`, `ngrams` and `vocabulary` must be None, 'whitespace', "
                "None and empty with a tokenizer, which does all that by itself. "
                f"Received: standardize={self.standardize!r}, split={self.split!r}, "
                f"ngrams={self.ngrams!r} and a vocabulary of {len(self.vocabulary)}"
            )
        special = (tokenizer.start is not None) + (tokenizer.end is not None)
        if self.length <= special:
            raise ValueError(
                f"`length` must leave room for a token beside the {special} special tokens. "
                f"Received: length={self.length}"
            )

    @classmethod
    def from_cells(cls, cells: Sequence[Cell], *, name: str, optional: bool) -> Self:
        """Return the description of texts as long as nearly all of them, in words or by script."""
        split = text_split(cells)
        return cls(name=name, optional=optional, length=text_length(cells, split), split=split)

    @property
    def shape(self) -> tuple[int, ...]:
        """`(length,)`."""
        return (self.length,)

    @property
    def dtype(self) -> str:
        """`"int32"`: token ids."""
        return "int32"

    @property
    def vocabulary_size(self) -> int:
        """The number of different ids, padding and unknown included."""
        return self.tokenizer.vocabulary_size if self.tokenizer else len(self.vocabulary) + 2

    @property
    def obstacle(self) -> str:
        """A segmenter is Python."""
        if not self.segmenter:
            return ""
        return (
            f"the segmenter {self.segmenter!r} of {self.name!r} is Python. Cut the texts before "
            "you send them, and export "
            '`dataclasses.replace(schema[name], segmenter="")` in its place'
        )

    @property
    def needs_tensorflow_text(self) -> bool:
        """True where a served model runs operations of tensorflow_text."""
        return self.normalize is not None or self.tokenizer is not None


def text_split(cells: Sequence[Cell]) -> Literal["whitespace", "script"]:
    """Return how texts are cut: by script, where they are written without spaces.

    Args:
        cells: The texts.
    """
    return "script" if are_unspaced(cells) else "whitespace"


def text_length(cells: Sequence[Cell], split: str = "whitespace") -> int:
    """Return how many tokens 95 of 100 texts have at most, but no more than are kept.

    Args:
        cells: The texts.
        split: How they are cut: `"whitespace"`, at most 128; `"script"` or `"character"`, at most
            256. Default `"whitespace"`.
    """
    texts = [str(cell) for cell in cells if not is_missing(cell)]
    lengths = sorted(
        len(text) if split == "character" else count_tokens(text, split == "script")
        for text in texts
    )
    if not lengths:
        return 1
    place = min(len(lengths) - 1, math.ceil(_WHOLE * len(lengths)))
    longest = _LONGEST if split == "whitespace" else _LONGEST_OF_CHARACTERS
    return max(1, min(longest, lengths[place]))
