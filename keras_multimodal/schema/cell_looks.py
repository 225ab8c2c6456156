"""What strings look like that are no words: keys, and what nothing here reads."""

import collections
import numbers
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from keras_multimodal.types import Cell

_MOST = 0.9  # the share of the cells that must look alike
_SHAPES = (
    ("UUIDs", re.compile(r"\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?", re.IGNORECASE)),
    ("hexadecimal digests", re.compile(r"(?:0x)?(?=.*\d)[0-9a-f]{8,128}", re.IGNORECASE)),
    # Digits and letters, such as A12-3, or many digits; "10-20" and "3/4" say how much.
    (
        "codes",
        re.compile(
            r"\d+|(?=.*\d)(?=.*[A-Za-z]|(?:\D*\d){6})"
            r"[A-Za-z0-9]{1,24}(?:[-_./:#][A-Za-z0-9]{1,24}){0,6}"
        ),
    ),
    # A name in one word.
    ("names", re.compile(r"[^\W\d_]{1,24}(?:[-_.'\u2019][^\W\d_]{1,24}){0,3}")),
)
_KEY_NAME = re.compile(r"(.*_)?(id|key|index|uuid|guid)|unnamed: \d+", re.IGNORECASE)
_CODE = re.compile(r"0\d+")
_NUMBERED = re.compile(r"([^\W\d]+[-#:/]?)\d+")
_BASE64 = re.compile(r"data:[\w.+/;=-]*,.*|[A-Za-z0-9+/_-]{32,}={0,2}", re.DOTALL)
_STRUCT = {"bytes", "path", "sampling_rate"}  # what Hugging Face's pictures and recordings have
_NAMED = 5  # names of an object in a message
_FILE = re.compile(r"[^\x00]*[^./\\]\.([A-Za-z][A-Za-z0-9]{1,4})")


def is_key_name(column: str) -> bool:
    """Return whether a column is called as keys are.

    Args:
        column: The column's name.
    """
    return _KEY_NAME.fullmatch(str(column)) is not None


def are_codes(strings: Sequence[str]) -> bool:
    """Return whether digits are written as codes are, "007" and "089", and are no numbers.

    Args:
        strings: The cells.
    """
    digits = [text.strip() for text in strings if text.strip().isdecimal()]
    leading = sum(_CODE.fullmatch(text) is not None for text in digits)
    if not leading or len(digits) < _MOST * len(strings):
        return False
    return len({len(text) for text in digits}) == 1 or leading >= len(digits) / 10


def are_numbered(strings: Sequence[str]) -> bool:
    """Return whether strings are the same letters with another number each, as "a1" and "a2".

    Args:
        strings: The cells.
    """
    found = [_NUMBERED.fullmatch(text.strip()) for text in strings]
    return all(found) and len({each[1] for each in found if each}) == 1


def key_look(strings: Sequence[str]) -> str | None:
    """Return what strings look like that name their rows; `None` where they are something else.

    Args:
        strings: The cells, none of which has a space in it.

    Example:

    >>> key_look(["A-17", "A-18", "B-02"]), key_look(["{a}", "<b>"])
    ('codes', None)
    """
    shapes = collections.Counter(map(_shape, strings))
    if shapes[""]:
        return None
    return shapes.most_common(1)[0][0]


def unread_look(strings: Sequence[str]) -> str | None:
    """Return what strings are that nothing here reads; `None` where they may be words.

    Args:
        strings: The cells.
    """
    shown = repr(strings[0] if len(strings[0]) <= 40 else f"{strings[0][:37]}...")
    count = len(strings)
    looks: tuple[tuple[str, str, Callable[[str], object]], ...] = (
        ("addresses of the web", "", re.compile(r"(?:https?|ftp|s3|gs)://\S+").fullmatch),
        ("e-mail addresses", "", re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+").fullmatch),
        ("bytes in base64", ", which belong into files that the table names", _is_base64),
    )
    for look, remedy, fits in looks:
        number = sum(bool(fits(text.strip())) for text in strings)
        if number >= _MOST * count:
            return f"{number} {look}, such as {shown}{remedy}"
    endings = collections.Counter(
        found[1].lower() for found in map(_FILE.fullmatch, map(str.strip, strings)) if found
    )
    if endings.total() >= _MOST * count and len(endings) <= max(1, count // 5):
        listed = " or ".join(f".{ending}" for ending, _ in endings.most_common(3))
        return f"{endings.total()} names of files that nothing here reads, {listed}"
    return None


def object_look(cells: Sequence[Cell]) -> tuple[str, str] | None:
    """Return what cells hold that are more than a number or a text, and what that looks like.

    Args:
        cells: The cells that are not missing.

    Returns:
        `"sensor"` for lists of numbers, `"text"` for lists of words, and `""` for what nothing
        reads, each with the reason; `None` where no cell is an object.
    """
    count = len(cells)
    packed = [cell for cell in cells if isinstance(cell, (bytes, Mapping))]
    if packed:
        first = packed[0]
        shown = _shown(first)
        if isinstance(first, bytes) or is_file_struct(first):
            return "", (
                f"{len(packed)} cells of bytes, such as {shown}, that are no text: pictures and "
                "recordings of formats that are read here go to files, as `tables.read` does it "
                "where it is given `files_directory`"
            )
        names = list(dict.fromkeys(name for cell in packed for name in cell))[:_NAMED]
        return "", (
            f"{len(packed)} objects with the names {names}, such as {shown}: give each name a "
            "column of its own, as pandas.json_normalize does"
        )
    lists = [cell for cell in cells if _is_list(cell)]
    if not lists:
        return None
    if len(lists) < count:
        return "", f"{len(lists)} lists among its {count} cells"
    if all(map(_are_numbers, lists)):
        return "sensor", f"{count} lists of numbers"
    if all(isinstance(part, str) or part is None for cell in lists for part in cell):
        return "text", f"{count} lists of words, each read as a text of them"
    shown = next(_shown(cell) for cell in lists if not _are_numbers(cell))
    return "", f"{count} lists of neither numbers nor words, such as {shown}"


def is_file_struct(cell: Cell) -> bool:
    """Return whether a cell is a file as Hugging Face's data sets have it, by bytes or by a path.

    Args:
        cell: The cell.
    """
    if not isinstance(cell, Mapping) or not {"bytes"} <= set(cell) <= _STRUCT:
        return False
    content, path = cell["bytes"], cell.get("path")
    return isinstance(content, (bytes, str, type(None))) and isinstance(path, (str, type(None)))


def text_of_bytes(content: bytes) -> str | None:
    """Return bytes as the text in UTF-8 that they are, `None` where they are none.

    Args:
        content: The bytes.
    """
    try:
        return None if b"\0" in content else content.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _is_list(cell: Cell) -> bool:
    return isinstance(cell, (list, tuple)) or (hasattr(cell, "shape") and bool(cell.shape))


def _are_numbers(cell: Cell, depth: int = 2) -> bool:
    """Return whether a cell is a list of numbers, or of lists of them, gaps among them."""
    if hasattr(cell, "dtype") and cell.dtype.kind in "biuf":
        return bool(cell.ndim <= depth)
    return all(
        part is None
        or isinstance(part, numbers.Number)
        or (depth > 1 and _is_list(part) and _are_numbers(part, depth - 1))
        for part in cell
    )


def _shown(cell: Cell) -> str:
    text = repr(cell)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _shape(text: str) -> str:
    if not text.isascii():  # vowels that stand on a letter
        text = "".join(sign for sign in text if unicodedata.category(sign)[0] != "M")
    return next((look for look, shape in _SHAPES if shape.fullmatch(text)), "")


def _is_base64(text: str) -> bool:
    """Return whether it is one; of a digest, which is written so too, that is not told."""
    if not _BASE64.fullmatch(text) or _shape(text) in ("UUIDs", "hexadecimal digests"):
        return False
    # Words and codes have no such mixture of letters, large and small, and digits.
    mixed = any(map(str.isupper, text)) and any(map(str.islower, text))
    return text.startswith("data:") or (mixed and any(map(str.isdigit, text)))
