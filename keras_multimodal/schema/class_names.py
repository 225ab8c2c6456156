"""The names of classes, as files have them and as they are known."""

import functools
import math
import numbers
import re
from collections.abc import Hashable, Mapping

from keras_multimodal.schema.column_kind import class_name
from keras_multimodal.schema.number_writing import as_number
from keras_multimodal.types import Cell

_TRUTH = frozenset(("true", "false"))
_PLAIN = re.compile(r"(-?(?:0|[1-9]\d*))(?:\.(\d*?)0*)?")  # a number as Python writes it


def known_name(cell: Cell, names: frozenset[str]) -> str:
    """Return the name by which a class is known, be it written or typed in another way.

    A file that had gaps has "1.0" where another one has "1", and one that keeps types has a number
    or a boolean where a CSV has text.

    Args:
        cell: The class, as a file has it.
        names: The names that are known.

    Returns:
        One of `names`; the cell's own name where none of them, or several, mean the same.

    Example:

    >>> known_name("1", frozenset({"1.0", "2.0"})), known_name("1", frozenset({"01", "02"}))
    ('1.0', '1')
    """
    name = class_name(cell)
    if name in names:
        return name
    # Where a file was read as numbers, the zeros of "007" were lost.
    typed = isinstance(cell, numbers.Real) and not isinstance(cell, bool)
    same = _by_meaning(names).get(_value(name) if typed else _meaning(name), ())
    return same[0] if len(same) == 1 else name


def plain_number(text: str) -> str | None:
    """Return a number as text without zeros at the end of its decimals; `None` if it is none.

    Args:
        text: The text; where it begins with a zero, as codes do, it is none.
    """
    found = _PLAIN.fullmatch(text)
    return found and found[1] + (f".{found[2]}" if found[2] else "")


@functools.lru_cache(maxsize=256)
def _by_meaning(names: frozenset[str]) -> Mapping[Hashable, list[str]]:
    """Return the names of each truth, each number as text, and each number as a value."""
    found: dict[Hashable, list[str]] = {}
    for name in sorted(names):
        for meaning in {_meaning(name), _value(name)} - {None}:
            found.setdefault(meaning, []).append(name)
    return found


def _meaning(name: str) -> str | None:
    return name.lower() if name.lower() in _TRUTH else plain_number(name)


def _value(name: str) -> float | None:
    number = as_number(name)
    return None if math.isnan(number) else number
