"""Dates and times of day, as people write them."""

import re
import unicodedata

_TIME = (
    r"(?:\d{1,2}[:.]\d\d(?:[:.]\d\d(?:[.,]\d+)?)?(?: ?(?:[ap]\.?m\.?|Uhr))?"
    r"|\d{1,2} ?[ap]\.?m\.?|\d{1,2} ?h ?\d\d"
    r"|(?:上午|下午|午前|午後)? ?\d{1,2}[时時点點]\d{1,2}分(?:\d{1,2}秒)?)"
)
_ZONE = r"(?: ?(?:Z|UTC|GMT|[A-Z]{3,4}|[+-]\d\d:?\d\d))?"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"  # or a month, which comes first in America
_NUMERIC = (
    rf"\d{{4}}([/.-]){_DAY}\1{_DAY}|{_DAY}([/.-]){_DAY}\2(?:\d{{4}}|\d\d)"
    r"|(?:19|20)\d\d-(?:0[1-9]|1[0-2]|W\d\d(?:-\d)?)"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])T\d{4,6}"
    r"|\d{4} ?[年년] ?\d{1,2} ?[月월](?: ?\d{1,2} ?[日号號일])?"
)
_WORD = r"([^\W\d_]{3,12})\.?"
_NAMED = (
    rf"\d{{1,2}}(?:st|nd|rd|th|\.)?[ -](?:de )?{_WORD},?(?:[ -](?:de |del )?|')\d{{2}}(?:\d\d)?"
    rf"|{_WORD} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}"
    rf"|{_WORD}[ -]\d{{4}}"
    rf"|\d{{4}}[ -]{_WORD}[ -]\d{{1,2}}"
)
_DATE = re.compile(
    rf"(?:[^\W\d_]{{2,9}}\.?,? )?(?:(?:{_NUMERIC})|(?P<named>{_NAMED}))"
    rf"(?:(?:T| |, | at | um )?{_TIME}{_ZONE}|Z)?",
    re.IGNORECASE,
)
_CLOCK = re.compile(rf"{_TIME}{_ZONE}", re.IGNORECASE)
# The beginnings of the months' names, without accents, in languages of the Latin and the Cyrillic
# alphabet.
_MONTHS = re.compile(
    r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mai|maj|mei|okt|dez|fev|avr|jui|aou|ene|abr"
    r"|ago|dic|gen|mag|giu|lug|set|ott|out"
    # Russian: a dot stands for what ends otherwise in other cases.
    r"|янв|фев|ма.|апр|июн|июл|авг|сен|окт|ноя|дек"
)


def is_date(text: str) -> bool:
    """Return whether a text is a date, with a time of day or without.

    Args:
        text: The text.

    Example:

    >>> [is_date(text) for text in ("2 Jan 2024", "02.01.24", "2024年1月2日", "2 apples 2024")]
    [True, True, True, False]
    """
    text = _plain(text)
    found = _DATE.fullmatch(text) if len(text) <= 60 else None
    if found is None:
        return False
    named = found["named"]
    if named is None:
        return True
    words = re.findall(r"[^\W\d_]{3,}", named)
    return any(_MONTHS.match(_without_accents(word)) for word in words)


def is_time_of_day(text: str) -> bool:
    """Return whether a text is what a clock says, or how long something took, as `1:05 PM`.

    Args:
        text: The text.
    """
    text = _plain(text)
    # Parted by a point alone it is a number.
    number = re.fullmatch(r"\d{1,2}\.\d\d", text)
    return len(text) <= 30 and number is None and _CLOCK.fullmatch(text) is not None


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _without_accents(word: str) -> str:
    letters = unicodedata.normalize("NFD", word.lower())
    return unicodedata.normalize("NFC", re.sub("[\u0300-\u0304\u0308\u0327]", "", letters))
