"""The description of a keras_hub tokenizer."""

import dataclasses
from typing import Any

# What tokenizers without a `pad_token` of their own call it in their vocabulary.
_PADDING = ("[PAD]", "<pad>")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tokenizer:
    """A keras_hub tokenizer with its vocabulary: all that it takes to build it again.

    `TextProcessor(tokenizer=...)` writes it.

    Args:
        config: The tokenizer as Keras serialises it, in JSON.
        text_files: Name and content of each vocabulary file that is text.
        binary_files: Name and content, in base64, of each that is not.
        vocabulary_size: How many ids the model may receive, padding included.
        offset: What is added to the tokenizer's ids: 0 where its id 0 is its padding, else 1.
        start: The tokenizer's id before each text, or `None`.
        end: The tokenizer's id after each text, or `None`.

    Example:

    >>> Tokenizer(config="{}", vocabulary_size=30_522).offset
    0
    """

    config: str
    text_files: tuple[tuple[str, str], ...] = ()
    binary_files: tuple[tuple[str, str], ...] = ()
    vocabulary_size: int
    offset: int = 0
    start: int | None = None
    end: int | None = None


def pads_with_zero(tokenizer: Any) -> bool:
    """Return whether id 0 is a keras_hub tokenizer's padding, so that no text has it."""
    names = (getattr(tokenizer, "pad_token", None), *_PADDING)
    try:
        return tokenizer.id_to_token(0) in names
    except (NotImplementedError, ValueError):  # ids without names, or no id 0
        return False
