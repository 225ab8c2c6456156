"""The names of classes, as files have them and as they are known."""

import numbers
import re
from collections.abc import Collection

from keras_multimodal.schema.column_kind import class_name
from keras_multimodal.schema.number_writing import as_number
from keras_multimodal.types import Cell

_TRUTH = frozenset(("true", "false"))
_PLAIN = re.compile(r"(-?(?:0|[1-9]\d*))(?:\.(\d*?)0*)?")  # a number as Python writes it


def known_name(cell: Cell, names: Collection[str]) -> str:
    """Return the name by which a class is known, be it written or typed in another way.

    A file that had gaps has "1.0" where another one has "1", and one that keeps types has a number
    or a boolean where a CSV has text.

    Args:
        cell: The class, as a file has it.
        names: The names that are known.

    Returns:
        One of `names`; the cell's own name where none of them, or several, mean the same.
    """
    name = class_name(cell)
    if name in names:
        return name
    if isinstance(cell, bool) or name.lower() in _TRUTH:
        same = [each for each in names if each.lower() == name.lower()]
    elif isinstance(cell, numbers.Real):  # "007" too: what read the file as numbers lost the zeros
        same = [each for each in names if as_number(each) == float(cell)]
    else:
        plain = plain_number(name)
        same = [each for each in names if plain is not None and plain_number(each) == plain]
    return same[0] if len(same) == 1 else name


def plain_number(text: str) -> str | None:
    """Return a number as text without zeros at the end of its decimals; `None` if it is none.

    Args:
        text: The text; where it begins with a zero, as codes do, it is none.
    """
    found = _PLAIN.fullmatch(text)
    return found and found[1] + (f".{found[2]}" if found[2] else "")
