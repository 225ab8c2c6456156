"""The description of a target that is text to write."""

import dataclasses
from typing import ClassVar

from keras_multimodal.schema.text import Text


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextTarget(Text):
    """A target that is a text: what a captioner writes, or an answer.

    It is described as a text is, by its words or a tokenizer, and has two ids more: where a text
    starts and where it ends. They are the tokenizer's own if it is described with special tokens,
    else those after the vocabulary's last.

    Args:
        name: The target's name.
        length: The most tokens that a text has, without start and end.
        max_tokens: As for `Text`, and so the others.
        standardize: See `Text`.
        normalize: See `Text`.
        split: `"whitespace"` or `"character"`: the texts have to be put together again.
        vocabulary: See `Text`.
        tokenizer: See `Text`.

    Raises:
        ValueError: If an argument is out of its range, or one with which texts cannot be put
            together again.

    Example:

    >>> target = TextTarget(length=8, vocabulary=("a", "cat"))
    >>> target.start, target.end, target.output_size  # 0 is padding and 1 an unknown word
    (4, 5, 6)
    """

    kind: ClassVar[str] = "sequence"

    name: str = "caption"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ngrams is not None or self.split == "script" or self.segmenter:
            raise ValueError(
                "`split` must be 'whitespace' or 'character', without `ngrams` and `segmenter`, in "
                "a text that is to be written: it has to be put together again from its tokens. "
                f"Received: split={self.split!r}, ngrams={self.ngrams!r}, "
                f"segmenter={self.segmenter!r}"
            )

    @property
    def start(self) -> int:
        """The id that every text starts with."""
        if self.tokenizer is not None and self.tokenizer.start is not None:
            return self.tokenizer.start + self.tokenizer.offset
        return self.vocabulary_size

    @property
    def end(self) -> int:
        """The id that every text ends with."""
        if self.tokenizer is not None and self.tokenizer.end is not None:
            return self.tokenizer.end + self.tokenizer.offset
        return max(self.vocabulary_size, self.start + 1)

    @property
    def output_size(self) -> int:
        """The number of different ids, start and end included."""
        return max(self.vocabulary_size, self.start + 1, self.end + 1)

    @property
    def steps(self) -> int:
        """The number of ids that a decoder reads, and writes: the text, and its start or end."""
        return self.length + 1
