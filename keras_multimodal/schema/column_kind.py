"""What each column of a table is, read off its cells."""

import dataclasses
import datetime
import math
import numbers
import re
from collections.abc import Mapping, Sequence
from typing import Any

from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema.file_endings import ENDINGS
from keras_multimodal.schema.kinds import kinds as registered_kinds
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.types import Cell, Frame

UNKNOWN = "unknown"
KINDS = ("image", "text", "audio", "sensor", "number", "category", "ignore")
# Kinds of modality that no single column is: a network makes features, several columns a table.
_NO_COLUMN = ("features", "table")

_MOST = 0.9  # the share of the cells that must look alike
_LARGEST = 3.4028235e38  # float32's, as which models read numbers
_FEW = 50  # how many different strings are categories, if each comes up twice on average
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?([T ]\d\d?:\d\d.*)?|\d\d?[/.]\d\d?[/.]\d{4}")
_KEY = re.compile(r"(.*_)?(id|key|index|uuid)|unnamed: \d+", re.IGNORECASE)


@dataclasses.dataclass(frozen=True)
class ColumnKind:
    """The kind of a column, and the reason.

    Args:
        column: The column.
        kind: One of `"image"`, `"text"`, `"audio"`, `"sensor"`, `"number"`, `"category"` and
            `"ignore"`; or a kind of your own, which `register_modality` has made known.
        reason: What that was read off.

    Example:

    >>> print(ColumnKind("photo", "image", "12 of 12 cells end in .png"))
    photo: image (12 of 12 cells end in .png)
    """

    column: str
    kind: str
    reason: str

    def __str__(self) -> str:
        return f"{self.column}: {self.kind} ({self.reason})"


def column_kinds(
    frame: Frame,
    kinds: Mapping[str, str] | None = None,
    skip: Sequence[str] = (),
    on_unknown: str = "error",
) -> list[ColumnKind]:
    """Return what each column of a table is.

    In this order, over the cells that are not missing:

    1. none, or the same cell everywhere: ignored, nothing can be learned of it;
    2. nine tenths are file names with the ending of a picture, a recording, or a table: image,
       audio, sensor;
    3. lists of numbers: sensor;
    4. true and false: category; dates: ignored, give their year, month or hour as numbers;
    5. numbers: number, but whole ones that all differ in a column called like a key (`id`,
       `..._id`, `key`, `index`, `uuid`): ignored;
    6. strings that come up twice on average and of which there are at most 50: category;
    7. nine tenths numbers among strings: number, the others are mistakes;
    8. strings with a space in at least half of the cells: text;
    9. strings without spaces that all differ: ignored as keys; that come up twice on average:
       category.

    Args:
        frame: A table, with `columns` and `frame[column]` as pandas has them.
        kinds: The kind of columns where it is known better, by column, a kind of your own among
            them. Default `None`.
        skip: Columns to leave out, such as the target.
        on_unknown: What becomes of columns that are none of these: `"error"`, or `"ignore"`, with
            the reason. Default `"error"`.

    Returns:
        One for each column, in their order.

    Raises:
        ValueError: If `kinds` names a column that there is not, or another kind; if `on_unknown`
            is neither; or if columns are none of these. The message names them.

    Example:

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"photo": ["a.png", "b.png"], "age": [3.5, 4.0]})
    >>> for found in column_kinds(frame):
    ...     print(found)
    photo: image (2 of 2 cells end in .png)
    age: number (2 numbers from 3.5 to 4)
    """
    if on_unknown not in ("error", "ignore"):
        raise ArgumentError(
            "on_unknown", f'must be "error" or "ignore". Received: on_unknown={on_unknown!r}'
        )
    found = find_kinds(frame, kinds or {}, skip)
    unknown = [each for each in found if each.kind == UNKNOWN]
    if unknown and on_unknown == "error":
        raise ArgumentError(
            "frame",
            f"{unknown_kinds(unknown)}. Say what they are, one of {possible_kinds()}: "
            f"kinds={{{unknown[0].column!r}: ...}}",
        )
    return [left_out(each) for each in found]


def find_kinds(
    frame: Frame, kinds: Mapping[str, str], skip: Sequence[str] = ()
) -> list[ColumnKind]:
    """Return what each column of a table is, `UNKNOWN` where that cannot be told.

    Args:
        frame: The table.
        kinds: The kind of columns where it is known better, by column.
        skip: Columns to leave out.

    Raises:
        ArgumentError: If `kinds` names a column that there is not, or another kind.
    """
    columns = list(frame.columns)
    for column, kind in kinds.items():
        if column not in columns:
            raise ArgumentError(
                "kinds",
                f"must name columns of the table, which has {columns}. Received: {column!r}",
            )
        if kind not in possible_kinds():
            raise ArgumentError(
                "kinds", f"must be among {possible_kinds()}. Received: {column!r}: {kind!r}"
            )
    return [
        ColumnKind(column, kinds[column], "as you say")
        if column in kinds
        else _kind(column, frame[column].tolist())
        for column in columns
        if column in kinds or column not in skip
    ]


def possible_kinds() -> list[str]:
    """Return what a column may be, modalities from outside among it."""
    return [*KINDS, *sorted(set(registered_kinds()) - {*KINDS, *_NO_COLUMN})]


def unknown_kinds(unknown: Sequence[ColumnKind]) -> str:
    """Return what is to be said of columns whose kind cannot be told, without the remedy."""
    return "must have columns whose kind can be told. Received: " + "; ".join(
        f"{each.column!r}, which has {each.reason}" for each in unknown
    )


def left_out(kind: ColumnKind) -> ColumnKind:
    """Return the kind, ignored where it cannot be told, with the reason."""
    if kind.kind != UNKNOWN:
        return kind
    reason = f"{kind.reason}: what that is cannot be told: say it"
    return ColumnKind(kind.column, "ignore", reason)


def as_number(cell: Cell) -> float:
    """Return a cell as a finite number that float32 can hold; NaN if it is none."""
    if isinstance(cell, bool) or (isinstance(cell, str) and "_" in cell):  # Python's "1_000"
        return math.nan
    try:
        number = float(cell)
    except (TypeError, ValueError):
        return math.nan
    return number if abs(number) <= _LARGEST else math.nan


def class_name(cell: Cell) -> str:
    """Return a class as text: a whole number without the ".0" that gaps in a column give.

    Bytes, as tensorflow-datasets and TensorFlow's strings give them, are read as UTF-8.
    """
    if isinstance(cell, bytes):
        return cell.decode("utf-8")
    fractional = isinstance(cell, numbers.Real) and not isinstance(cell, numbers.Integral)
    return str(int(cell)) if fractional and float(cell).is_integer() else str(cell)


def _kind(column: str, cells: list[Any]) -> ColumnKind:
    given = [cell for cell in cells if not is_missing(cell)]
    lists = [cell for cell in given if _is_list(cell)]
    if not given:
        return ColumnKind(column, "ignore", "it is empty")
    if lists:
        if len(lists) == len(given):
            return ColumnKind(column, "sensor", f"{len(given)} lists of numbers")
        return ColumnKind(column, UNKNOWN, f"{len(lists)} lists among its {len(given)} cells")
    distinct = len(set(given))
    if distinct == 1:
        return ColumnKind(column, "ignore", f"all its cells are {_short(given[0])}")
    if all(isinstance(cell, bool) for cell in given):
        return ColumnKind(column, "category", "true and false")
    if all(isinstance(cell, (datetime.date, datetime.datetime)) for cell in given):
        return _date(column)
    if all(isinstance(cell, (int, float)) for cell in given):
        if (
            distinct == len(given)
            and all(float(cell).is_integer() for cell in given)
            and _KEY.fullmatch(column)
        ):
            return ColumnKind(column, "ignore", f"{distinct} different whole numbers, a key")
        return _number(column, given)
    strings = [str(cell) for cell in given]
    for kind, endings in ENDINGS.items():
        named = [text for text in strings if text.lower().endswith(endings)]
        if len(named) >= _MOST * len(strings):
            shown = sorted({f".{text.rsplit('.', 1)[1].lower()}" for text in named})
            return ColumnKind(
                column, kind, f"{len(named)} of {len(strings)} cells end in {' or '.join(shown)}"
            )
    if sum(bool(_DATE.fullmatch(text)) for text in strings) >= _MOST * len(strings):
        return _date(column)
    return _of_strings(column, strings)


def _of_strings(column: str, strings: list[str]) -> ColumnKind:
    distinct, count = len(set(strings)), len(strings)
    repeated = distinct <= count / 2
    if repeated and distinct <= _FEW:
        return ColumnKind(column, "category", f"{distinct} different strings in {count} cells")
    numeric = sum(not math.isnan(as_number(text)) for text in strings)
    if _MOST * count <= numeric < count:  # numbers alone would not be strings by mistake
        return _number(column, strings)
    spaced = sum(" " in text.strip() for text in strings)
    if spaced >= count / 2:
        words = sorted(len(text.split()) for text in strings)[count // 2]
        return ColumnKind(column, "text", f"{count} texts of {words} words, the median")
    if distinct == count:
        return ColumnKind(column, "ignore", f"{distinct} different strings without spaces, a key")
    if repeated:
        return ColumnKind(column, "category", f"{distinct} different strings in {count} cells")
    return ColumnKind(column, UNKNOWN, f"{distinct} different strings in {count} cells")


def _number(column: str, cells: list[Any]) -> ColumnKind:
    finite = [number for number in map(as_number, cells) if not math.isnan(number)]
    wrong = [cell for cell in cells if math.isnan(as_number(cell))]
    if not finite:
        return ColumnKind(column, "ignore", "none of its numbers is finite")
    reason = f"{len(finite)} numbers from {min(finite):g} to {max(finite):g}"
    if wrong:
        reason += f"; {len(wrong)} cells are none, such as {_short(wrong[0])}"
    return ColumnKind(column, "number", reason)


def _date(column: str) -> ColumnKind:
    return ColumnKind(column, "ignore", "dates; give their year, month or hour as numbers")


def _is_list(cell: Cell) -> bool:
    return isinstance(cell, (list, tuple)) or (hasattr(cell, "shape") and bool(cell.shape))


def _short(cell: Cell) -> str:
    text = repr(cell)
    return text if len(text) <= 40 else f"{text[:37]}..."
