"""How many texts are cut, as `TextColumn.truncated` counts them."""

import dataclasses


@dataclasses.dataclass(frozen=True, kw_only=True)
class Truncation:
    """The number of texts that are longer than what is kept of them.

    Args:
        count: Texts that are cut.
        texts: Texts in all, without rows that lack theirs.

    Example:

    >>> cut = Truncation(count=3, texts=40)
    >>> print(cut)
    3 of 40 texts (7.5%) are cut
    >>> cut.share
    0.075
    """

    count: int
    texts: int

    @property
    def share(self) -> float:
        """The share of the texts that are cut, in [0, 1]; 0 where there is none."""
        return self.count / self.texts if self.texts else 0.0

    def __str__(self) -> str:
        return f"{self.count:,} of {self.texts:,} texts ({self.share:.1%}) are cut"
