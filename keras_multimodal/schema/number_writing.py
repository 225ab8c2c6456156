"""How people write numbers: decimal commas, thousands, currencies, per cent, units."""

import collections
import dataclasses
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from keras_multimodal.types import Cell

_LARGEST = 3.4028235e38  # float32's, as which models read numbers
_LONGEST = 40  # signs of a number with its unit
_MOST = 0.9  # the share of the cells that must be written alike

_CURRENCY = (
    r"(?:(?:US|CA|AU|NZ|HK|NT|MX|R|A|C|S)?[$¢£¤¥฿៛﷼؋৳\u20a0-\u20cf]|EUR|USD|GBP|CHF|JPY|CNY|RMB|INR"
    r"|RUB|BRL|SEK|NOK|DKK|PLN|CZK|HUF|TRY|KRW|TWD|HKD|SGD|AUD|CAD|NZD|MXN|ZAR|THB|IDR|VND|Rs\.?"
    r"|Fr\.?|kr\.?|zł|Kč|Ft|\u0440\u0443\u0431\.?|元|円|圆|원)"
)
# These are units without a space before them, too; of another word there it is told by all cells.
_CLOSE_UNIT = (
    rf"(?:%|‰|[万億亿萬]?{_CURRENCY}|[万億亿萬]|°[CF]?|(?:[kKMGT]?(?:B|Hz|Wh)|[kKM]W|[kcmµμn]m[23]?|m[23]|[kmµμ]g|ml|cl"
    r"|[mµμn]s|min|km/h|mph|px|dB|kcal)(?![\w/]))"
)
_NUMBER = re.compile(
    rf"(?P<sign>[-+]?) ?(?P<before>%|{_CURRENCY})? ?(?P<inner>[-+]?)"
    r"(?P<digits>\d(?:[\d.,' ]*\d)?|[.,]\d+)(?P<exponent>[eE][-+]?\d{1,3})?"
    rf"(?P<after> ?{_CLOSE_UNIT}| [^\W\d_][^\W_/]{{0,9}}(?:/[^\W\d_]{{1,5}})?\.?"
    r"|(?P<glued>[^\W\d_]{1,10}))?(?P<minus>-?)"
)
_MONEY = re.compile(_CURRENCY)
_OPEN = re.compile(r"[-+]?[1-9]\d{0,2}\.\d{3}")  # thousands, or three decimals
_GROUPED = re.compile(r"\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*|\d{1,2}(?:,\d\d)*,\d{3}")
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"),
        **dict.fromkeys("\u2019\u02bc\u066c", "'"),  # the last one parts thousands in Arabic
        "\u066b": ",",  # its decimal sign
        "\u066a": "%",
    }
)


class _Parts(NamedTuple):
    """A number as it is written: what is before the digits, they, and behind them."""

    negative: bool
    digits: str
    exponent: str
    unit: str
    glued: bool = False  # whether letters stand at the digits that may be a code's


@dataclasses.dataclass(frozen=True)
class NumberWriting:
    """The writing of a column's numbers, by which each cell is read, whatever stands beside it.

    Args:
        decimal: The sign before the decimals, `"."` or `","`, where the other one parts thousands;
            empty where numbers are written as Python does.
        unit: What stands beside each number, such as `"€"`, `"%"` or `"kg"`. Beside another unit is
            no number, nor is one without, but for money.

    Example:

    >>> NumberWriting(",", "€").number("1.234,50 €")
    1234.5
    """

    decimal: str = ""
    unit: str = ""

    def __str__(self) -> str:
        """Return it in words, empty where there is nothing to be said."""
        decimal = {"": "", ".": "", ",": "with a decimal comma"}[self.decimal]
        return ", ".join(part for part in (decimal, self.unit and f"in {self.unit}") if part)

    def number(self, cell: Cell) -> float:
        """Return a cell as a finite number that float32 can hold; NaN if it is none.

        Args:
            cell: The cell; one that is no text is taken as the number it is.
        """
        if not isinstance(cell, str) or not (self.decimal or self.unit):
            return as_number(cell)
        parts = _parts(cell)
        if parts is None or not self._is_of_unit(parts.unit):
            return math.nan
        return _value(parts, self.decimal or ".")

    def _is_of_unit(self, unit: str) -> bool:
        return unit == self.unit or (not unit and _may_be_left_out(self.unit))


PLAIN = NumberWriting()  # as Python does


class UntoldWriting(ValueError):
    """Raised for numbers of which it cannot be told how they are written.

    The message says what the cells look like, and what to do.
    """


def find_writing(cells: Sequence[Cell], decimal: str | None = None) -> NumberWriting | None:
    """Return how the numbers of a column are written, read off all its cells.

    Args:
        cells: The cells that are not missing.
        decimal: The sign before the decimals, where that is known. Default `None`.

    Returns:
        The writing by which nine tenths are numbers; `None` if there is none.

    Raises:
        UntoldWriting: If they are numbers, but it cannot be told which: of several units, or with
            signs that part thousands or decimals.

    Example:

    >>> find_writing(["1.234,50 €", "99,90 €", "12 €"])
    NumberWriting(decimal=',', unit='€')
    """
    plain = _share(map(as_number, cells)) if decimal is None else 0.0
    if plain == 1:
        return PLAIN
    usual = PLAIN if plain >= _MOST else None
    written = [each for each in map(_parts, cells) if each is not None]
    if len(written) < _MOST * len(cells):
        return usual
    try:
        writing = NumberWriting(decimal or _decimal(written), _unit(written))
    except UntoldWriting:
        if usual is None:
            raise
        return usual
    share = _share(map(writing.number, cells))
    return writing if share >= _MOST and share > plain else usual


def open_number(cells: Sequence[Cell]) -> str | None:
    """Return a number that may be thousands, if no cell shows decimals, as of "1.234" and "12".

    Args:
        cells: The cells of numbers that are written as Python does.
    """
    with_sign = [cell.strip() for cell in cells if isinstance(cell, str) and "." in cell]
    if with_sign and all(map(_OPEN.fullmatch, with_sign)):
        return with_sign[0]
    return None


def as_number(cell: Cell) -> float:
    """Return a cell as a finite number that float32 can hold, as Python reads it; NaN if none."""
    if isinstance(cell, bool) or (isinstance(cell, str) and "_" in cell):  # Python's "1_000"
        return math.nan
    try:
        number = float(cell)
    except (TypeError, ValueError, OverflowError):  # Python's whole numbers have no end
        return math.nan
    return number if abs(number) <= _LARGEST else math.nan


def _share(numbers: Iterable[float]) -> float:
    """Return the share of what is a number."""
    found = [not math.isnan(number) for number in numbers]
    return sum(found) / len(found) if found else 0.0


def _parts(cell: Cell) -> _Parts | None:
    """Return a number as it is written, `None` if it is none."""
    if not isinstance(cell, str):
        # One that keeps its type does not show how others are written.
        return None if math.isnan(as_number(cell)) else _Parts(False, "", "", "")
    if len(cell) > _LONGEST:
        return None
    text = unicodedata.normalize("NFKC", cell).translate(_SIGNS)
    text = " ".join(text.split())
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(sign, sign)) for sign in text)
    negative = text.startswith("(") and text.endswith(")")  # as in accounts
    found = _NUMBER.fullmatch(text[1:-1].strip() if negative else text)
    if found is None:
        return None
    signs = [sign for sign in found.group("sign", "inner", "minus") if sign]
    if len(signs) + negative > 1:
        return None
    unit = "".join(filter(None, (found["before"], (found["after"] or "").strip())))
    exponent = found["exponent"] or ""
    return _Parts(negative or "-" in signs, found["digits"], exponent, unit, bool(found["glued"]))


def _value(parts: _Parts, decimal: str) -> float:
    """Return the number; NaN where its digits are not grouped as thousands are."""
    whole, found, fraction = parts.digits.partition(decimal)
    if whole and not whole.isdecimal():
        if not _GROUPED.fullmatch(whole):
            return math.nan
        whole = re.sub(r"\D", "", whole)
    if found and not fraction.isdecimal():
        return math.nan
    sign = "-" if parts.negative else ""
    return as_number(f"{sign}{whole}.{fraction or '0'}{parts.exponent}")


def _decimal(written: Sequence[_Parts]) -> str:
    """Return the sign before the decimals, as the digits show it."""
    votes: collections.Counter[str] = collections.Counter()
    open_ = ""
    for parts in written:
        signs = [sign for sign in parts.digits if sign in ".,"]
        if not signs:
            continue
        other = "," if signs[-1] == "." else "."
        before, _, after = parts.digits.rpartition(signs[-1])
        if len(set(signs)) == 2:
            votes[signs[-1]] += 1
        elif len(signs) > 1:
            votes[other] += 1
        elif len(after) != 3 or len(before) > 3 or before in ("", "0"):
            votes[signs[-1]] += 1
        elif signs[-1] == ",":
            open_ = open_ or parts.digits
    if not votes:
        if open_:
            plain = open_.replace(",", "")
            raise UntoldWriting(
                f"numbers such as {open_!r}, which may be {plain} or {open_.replace(',', '.')}: "
                "say which sign is before the decimals, with `decimal`"
            )
        return "."
    sign, count = votes.most_common(1)[0]
    if count < _MOST * votes.total():
        raise UntoldWriting(
            f"numbers with decimal points ({votes['.']}) and with decimal commas ({votes[',']}): "
            "write them alike, or say which holds, with `decimal`"
        )
    return sign


def _may_be_left_out(unit: str) -> bool:
    return not unit or _MONEY.fullmatch(unit) is not None


def _unit(written: Sequence[_Parts]) -> str:
    """Return what stands beside the numbers; empty where that is nothing."""
    units = collections.Counter(parts.unit for parts in written)
    named = [(unit, count) for unit, count in units.most_common() if unit]
    if not named:
        return ""
    unit, count = named[0]
    bare = units[""] if _may_be_left_out(unit) else 0
    if count + bare >= _MOST * len(written):
        return unit
    # More than a few are words rather than units, as of "12 Elm", or codes, as "12a".
    if units.total() - units[""] >= 3 * len(named) and not any(each.glued for each in written):
        listed = ", ".join(f"{count} in {unit!r}" for unit, count in named[:5])
        without = f", {units['']} without" if units[""] else ""
        raise UntoldWriting(
            f"numbers of several units, {listed}{without}: bring them to one unit, or leave the "
            "column out"
        )
    return ""
