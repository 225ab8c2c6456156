"""What each column of a table is, read off its cells."""

import dataclasses
import datetime
import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Any

from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema.cell_looks import (
    are_codes,
    are_numbered,
    is_key_name,
    key_look,
    object_look,
    text_of_bytes,
    unread_look,
)
from keras_multimodal.schema.dates import is_date, is_time_of_day
from keras_multimodal.schema.file_endings import ENDINGS, UNREAD_ENDINGS
from keras_multimodal.schema.kinds import kinds as registered_kinds
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.schema.number_writing import (
    PLAIN,
    NumberWriting,
    UntoldWriting,
    as_number,
    find_writing,
    open_number,
)
from keras_multimodal.schema.unspaced_scripts import are_unspaced, count_tokens, has_unspaced
from keras_multimodal.types import Cell, Frame

UNKNOWN = "unknown"
KINDS = ("image", "text", "audio", "sensor", "number", "category", "ignore")
# Kinds of modality that no single column is: a network makes features, several columns a table.
_NO_COLUMN = ("features", "table")

_MOST = 0.9  # the share of the cells that must look alike
_DATES = "dates; give their year, month or hour as numbers"
_TIMES = "times of day; give their hours as a number"
_FEW = 50  # how many different strings are categories, if each comes up twice on average


@dataclasses.dataclass(frozen=True)
class ColumnKind:
    """The kind of a column, and the reason.

    Args:
        column: The column.
        kind: One of `"image"`, `"text"`, `"audio"`, `"sensor"`, `"number"`, `"category"` and
            `"ignore"`; or a kind of your own, which `register_modality` has made known.
        reason: What that was read off.
        decimal: The sign before the decimals of numbers that are not written as Python does.
        unit: What stands beside each of its numbers, such as `"€"`.

    Example:

    >>> print(ColumnKind("photo", "image", "12 of 12 cells end in .png"))
    photo: image (12 of 12 cells end in .png)
    """

    column: str
    kind: str
    reason: str
    decimal: str = ""
    unit: str = ""

    @property
    def writing(self) -> NumberWriting:
        """The writing of its numbers, by which those of later files are read."""
        return NumberWriting(self.decimal, self.unit)

    def __str__(self) -> str:
        return f"{self.column}: {self.kind} ({self.reason})"


def column_kinds(
    frame: Frame,
    kinds: Mapping[str, str] | None = None,
    skip: Sequence[str] = (),
    on_unknown: str = "error",
    decimal: str | None = None,
) -> list[ColumnKind]:
    """Return what each column of a table is.

    In this order, over the cells that are not missing:

    1. none, or the same cell everywhere: ignored, nothing can be learned of it;
    2. nine tenths are file names with the ending of a picture, a recording, or a table: image,
       audio, sensor;
    3. lists of numbers: sensor; lists of words: text;
    4. true and false: category; dates and times of day: ignored, give their year, month or hour as
       numbers;
    5. numbers, or strings of numbers with decimals, a currency, per cent or a unit: number, but
       whole ones that all differ in a column called like a key (`id`, `..._id`, `key`, `index`,
       `uuid`): ignored;
    6. strings that come up twice on average and of which there are at most 50: category;
    7. nine tenths numbers among strings: number, the others are mistakes; but not where they begin
       with zeros, as codes do;
    8. at least half of the strings with a space in them, or of a script that is written without:
       text;
    9. strings without spaces that all differ, and look like keys: codes, names in one word, or
       alike but for their digits: ignored;
    10. strings that come up twice on average: category.

    Args:
        frame: A table, with `columns` and `frame[column]` as pandas has them.
        kinds: The kind of columns where it is known better, by column, a kind of your own among
            them. Default `None`.
        skip: Columns to leave out, such as the target.
        on_unknown: What becomes of columns that are none of these: `"error"`, or `"ignore"`, with
            the reason. Default `"error"`.
        decimal: The sign before the decimals of numbers in strings, `"."` or `","`. Default
            `None`: as the cells show.

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
    found = find_kinds(frame, kinds or {}, skip, decimal)
    unknown = [each for each in found if each.kind == UNKNOWN]
    if unknown and on_unknown == "error":
        raise ArgumentError(
            "frame",
            f"{unknown_kinds(unknown)}. Say what they are, one of {possible_kinds()}: "
            f"kinds={{{unknown[0].column!r}: ...}}",
        )
    return [left_out(each) for each in found]


def find_kinds(
    frame: Frame,
    kinds: Mapping[str, str],
    skip: Sequence[str] = (),
    decimal: str | None = None,
    untyped: bool = False,
) -> list[ColumnKind]:
    """Return what each column of a table is, `UNKNOWN` where that cannot be told.

    Args:
        frame: The table.
        kinds: The kind of columns where it is known better, by column.
        skip: Columns to leave out.
        decimal: The sign before the decimals of numbers in strings. Default `None`: as they show.
        untyped: Whether cells are strings because their file has nothing else: whole numbers are
            numbers then, and not names. Default False.

    Raises:
        ArgumentError: If `kinds` names a column that there is not, or another kind.
    """
    if decimal not in (None, ".", ","):
        raise ArgumentError("decimal", f'must be "." or ",". Received: {decimal!r}')
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
    found = [
        _given_kind(column, kinds[column], frame, decimal)
        if column in kinds
        else _kind(column, frame[column].tolist(), decimal, untyped)
        for column in columns
        if column in kinds or column not in skip
    ]
    commas = [each.column for each in found if each.decimal == ","]
    return [_beside_commas(each, frame, commas[0]) for each in found] if commas else found


def _beside_commas(kind: ColumnKind, frame: Frame, other: str) -> ColumnKind:
    """Return the kind, unknown where points may part thousands, as beside decimal commas."""
    if kind.kind != "number" or kind.decimal:
        return kind
    cell = open_number(frame[kind.column].tolist())
    if cell is None:
        return kind
    reason = (
        f"numbers such as {cell!r}, which may be {cell} or {cell.replace('.', '')} where {other!r} "
        "has decimal commas: say which sign is before the decimals, with `decimal`"
    )
    return ColumnKind(kind.column, UNKNOWN, reason)


def _without_bytes(given: list[Cell]) -> list[Cell]:
    """Return the cells, those of bytes as texts if all of them are; empty ones are missing."""
    texts = [text_of_bytes(cell) if isinstance(cell, bytes) else cell for cell in given]
    if any(text is None for text in texts):
        return given
    return [text for text in texts if not is_missing(text)]


def _given_kind(column: str, kind: str, frame: Frame, decimal: str | None) -> ColumnKind:
    given = [cell for cell in frame[column].tolist() if not is_missing(cell)]
    look = object_look(_without_bytes(given)) if kind in KINDS and kind != "ignore" else None
    if look is not None and look[0] != kind:
        return ColumnKind(column, UNKNOWN, f"{look[1]}, and not what `{kind}` is")
    if kind != "number":
        return ColumnKind(column, kind, "as you say")
    try:
        writing = find_writing(given, decimal) or NumberWriting(decimal or "")
    except UntoldWriting as error:
        return ColumnKind(column, UNKNOWN, str(error))
    return ColumnKind(column, kind, "as you say", writing.decimal, writing.unit)


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


def class_name(cell: Cell) -> str:
    """Return a class as text: a whole number without the ".0" that gaps in a column give.

    Bytes, as tensorflow-datasets and TensorFlow's strings give them, are read as UTF-8.
    """
    if isinstance(cell, bytes):
        return cell.decode("utf-8")
    fractional = isinstance(cell, numbers.Real) and not isinstance(cell, numbers.Integral)
    return str(int(cell)) if fractional and float(cell).is_integer() else str(cell)


def _kind(column: str, cells: list[Any], decimal: str | None, untyped: bool) -> ColumnKind:
    given = [cell for cell in cells if not is_missing(cell)]
    given = _without_bytes(given)
    if not given:
        return ColumnKind(column, "ignore", "it is empty")
    look = object_look(given)
    if look is not None:
        return ColumnKind(column, look[0] or UNKNOWN, look[1])
    distinct = len(set(given))
    if distinct == 1:
        return ColumnKind(column, "ignore", f"all its cells are {_short(given[0])}")
    if all(isinstance(cell, bool) for cell in given):
        return ColumnKind(column, "category", "true and false")
    if all(isinstance(cell, (datetime.date, datetime.datetime)) for cell in given):
        return ColumnKind(column, "ignore", _DATES)
    if all(_is_typed_number(cell) for cell in given):
        return _of_numbers(column, given, PLAIN)
    return _of_strings(column, [str(cell) for cell in given], decimal, untyped)


def _of_strings(column: str, strings: list[str], decimal: str | None, untyped: bool) -> ColumnKind:
    distinct, count = len(set(strings)), len(strings)
    plain = not any(math.isnan(as_number(text)) for text in strings)
    if not plain:
        found = _of_named_files(column, strings) or _of_dates(column, strings)
        if found is not None:
            return found
        if {text.strip().lower() for text in strings} <= {"true", "false"}:
            return ColumnKind(column, "category", "true and false")
    repeated = distinct <= count / 2
    is_category = repeated and distinct <= _FEW
    category = ColumnKind(column, "category", f"{distinct} different strings in {count} cells")
    codes = are_codes(strings)
    if not codes:
        try:
            writing = PLAIN if plain and decimal is None else find_writing(strings, decimal)
        except UntoldWriting as error:
            return category if is_category else ColumnKind(column, UNKNOWN, str(error))
        if writing is not None:
            whole = all(text.strip().isdecimal() for text in strings)
            wrong = not plain and any(math.isnan(writing.number(text)) for text in strings)
            if not is_category or not (wrong or (whole and not untyped)):
                return _of_numbers(column, strings, writing)
    if is_category:
        return category
    unread = unread_look(strings)
    if unread is not None:
        return ColumnKind(column, UNKNOWN, unread)
    if distinct == count and are_numbered(strings):
        return ColumnKind(column, "ignore", f"{distinct} strings that differ in a number, a key")
    spaced = sum(len(text.split()) > 1 or has_unspaced(text) for text in strings)
    if spaced >= count / 2:
        return _text(column, strings)
    if repeated:
        return category
    if distinct == count and not spaced:
        look = key_look([text.strip() for text in strings])
        if look is not None and (codes or not _are_half_another(strings)):
            return ColumnKind(column, "ignore", f"{distinct} different strings, {look}: a key")
        if is_key_name(column):
            return ColumnKind(column, "ignore", f"{distinct} different strings, a key by its name")
    return ColumnKind(column, UNKNOWN, _described(strings))


def _of_dates(column: str, strings: list[str]) -> ColumnKind | None:
    """Return the kind of a column of dates or times of day, `None` if it is none."""
    for reason, fits in ((_DATES, is_date), (_TIMES, is_time_of_day)):
        if sum(map(fits, strings)) >= _MOST * len(strings):
            return ColumnKind(column, "ignore", reason)
    return None


def _of_named_files(column: str, strings: list[str]) -> ColumnKind | None:
    """Return the kind of a column of file names, `None` if it is none."""
    for kind, endings in ENDINGS.items():
        known = (*endings, *UNREAD_ENDINGS.get(kind, ()))
        named = [text for text in map(str.strip, strings) if text.lower().endswith(known)]
        if len(named) >= _MOST * len(strings):
            shown = sorted({f".{text.rsplit('.', 1)[1].lower()}" for text in named})
            return ColumnKind(
                column, kind, f"{len(named)} of {len(strings)} cells end in {' or '.join(shown)}"
            )
    return None


def _text(column: str, strings: list[str]) -> ColumnKind:
    by_script = are_unspaced(strings)
    counts = sorted(count_tokens(text, by_script) for text in strings)
    parts = "characters, which no spaces part" if by_script else "words"
    reason = f"{len(strings)} texts of {counts[len(strings) // 2]} {parts}, the median"
    return ColumnKind(column, "text", reason)


def _are_half_another(strings: list[str]) -> bool:
    """Return whether half of the cells are numbers or files, so that the others are no keys."""
    numeric = sum(not math.isnan(as_number(text)) for text in strings)
    endings = tuple(ending for known in ENDINGS.values() for ending in known)
    files = sum(text.lower().endswith(endings) for text in strings)
    return max(numeric, files) >= len(strings) / 2


def _described(strings: list[str]) -> str:
    """Return what strings look like that are nothing known."""
    numeric = sum(not math.isnan(as_number(text)) for text in strings)
    spaced = sum(len(text.split()) > 1 for text in strings)
    parts = [f"{len(set(strings))} different strings in {len(strings)} cells"]
    parts += [f"{numeric} of them numbers"] if numeric else []
    parts += [f"{spaced} of them with spaces"] if spaced else []
    shown = [text for text in dict.fromkeys(strings) if math.isnan(as_number(text))]
    return f"{', '.join(parts)}, such as {' and '.join(map(_short, shown[:2]))}"


def _of_numbers(column: str, cells: list[Any], writing: NumberWriting) -> ColumnKind:
    # As text, since a float would make one of two large ones.
    different = len(set(cells)) == len(cells)
    if is_key_name(column) and different and all(_is_whole(cell) for cell in cells):
        return ColumnKind(column, "ignore", f"{len(cells)} different whole numbers, a key")
    found = [writing.number(cell) for cell in cells]
    finite = [number for number in found if not math.isnan(number)]
    wrong = [cell for cell, number in zip(cells, found, strict=True) if math.isnan(number)]
    if not finite:
        return ColumnKind(column, "ignore", "none of its numbers is finite")
    reason = f"{len(finite)} numbers from {min(finite):g} to {max(finite):g}"
    if str(writing):
        reason += f", written {writing}"
    if wrong:
        reason += f"; {len(wrong)} cells are none, such as {_short(wrong[0])}"
    return ColumnKind(column, "number", reason, writing.decimal, writing.unit)


def _is_typed_number(cell: Cell) -> bool:
    return isinstance(cell, numbers.Number)  # a decimal.Decimal too


def _is_whole(cell: Cell) -> bool:
    return cell.strip().isdecimal() if isinstance(cell, str) else float(cell).is_integer()


def _short(cell: Cell) -> str:
    text = repr(cell)
    return text if len(text) <= 40 else f"{text[:37]}..."
