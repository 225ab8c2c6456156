"""Texts in scripts that are written without spaces between words."""

import re
from collections.abc import Sequence

from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.types import Cell

# Chinese, Japanese, Thai, Lao, Khmer and Burmese, as `data.text.standardization` has them.
_LETTER = (
    r"[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0eb9\u0ebb-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u109f"
    r"\u1780-\u17d3\u17d7\u17dc\u17dd\u3005\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    r"\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003134f]"
)
_HAS_LETTER = re.compile(_LETTER)
# Vowels and tones of South-East Asian scripts stand on a letter, and make no token of their own.
_TOKEN = re.compile(
    rf"{_LETTER}[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e"
    rf"\u17b4-\u17d3\u3099\u309a]*|(?:(?!{_LETTER})\w)+"
)
_RUN = re.compile(rf"{_LETTER}{{7,}}")  # longer than words are
_FEW = 0.1  # the share of the texts from which on the script decides


def has_unspaced(text: str) -> bool:
    """Return whether a text has letters of a script that is written without spaces.

    Args:
        text: The text.
    """
    return _HAS_LETTER.search(text) is not None


def are_unspaced(cells: Sequence[Cell]) -> bool:
    """Return whether texts must be cut by script, since spaces part no words in them.

    Texts that were cut into words before, with spaces between these, are not.

    Args:
        cells: The texts, missing ones too.

    Example:

    >>> are_unspaced(["这个产品质量很好", "快递太慢"]), are_unspaced(["这个 产品 质量 很好"])
    (True, False)
    """
    texts = [str(cell) for cell in cells if not is_missing(cell)]
    found = [text for text in texts if has_unspaced(text)]
    if not found or len(found) < _FEW * len(texts):
        return False
    whole = sum(len(text.split()) == 1 or _RUN.search(text) is not None for text in found)
    return whole > len(found) / 2


def count_tokens(text: str, by_script: bool) -> int:
    """Return how many tokens a text has, about.

    Args:
        text: The text.
        by_script: Whether each letter of a script without spaces is one; else words are.
    """
    return len(_TOKEN.findall(text)) if by_script else len(text.split())
