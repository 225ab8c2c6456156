"""The encodings that bytes may be text in, by what they decode to."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from keras_multimodal.data.column.common_letters import CHINESE, JAPANESE, KOREAN, TRADITIONAL

_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 200_000  # letters that are looked at
_SHOWN = 24  # letters of a sample in a message
_FEW = 3  # common letters that say nothing yet
_MOST = 0.95  # the share of what is looked at that must be as it should


class Candidate(NamedTuple):
    """An encoding that bytes may be in: its codec, what people call it, and the text."""

    codec: str
    name: str
    text: str

    @property
    def sample(self) -> str:
        """The beginning of the first line that is not plain ASCII."""
        line = next(line for line in self.text.split("\n") if not line.isascii())
        first = next(place for place, sign in enumerate(line) if not sign.isascii())
        start = max(0, first - _SHOWN // 2)
        return line[start : start + _SHOWN].strip()


def candidates(content: bytes) -> list[Candidate]:
    """Return the encodings in which bytes that are no Unicode decode to plausible letters.

    Those in which they are the same text count as one.

    Args:
        content: The bytes, not all of which are ASCII.
    """
    found: list[Candidate] = []
    for codec, name, fits in _ENCODINGS:
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        lines = _foreign_lines(text)
        if codec in _COMMON_LETTERS and _are_glued(lines):
            continue
        if all(text != other.text for other in found) and fits(lines):
            found.append(Candidate(codec, name, text))
    return _commonest(found) if len(found) > 1 else found


def _commonest(found: list[Candidate]) -> list[Candidate]:
    """Return the one candidate of which many letters are common ones, or all of them."""
    shares = [_common_share(each) for each in found]
    best = max(shares)
    others = sorted(shares)[-2]
    return [found[shares.index(best)]] if best > max(0.2, 3 * others) else found


def _common_share(candidate: Candidate) -> float:
    """Return the share of the commonest letters of its language; 0 where they are a few."""
    common = _COMMON_LETTERS.get(candidate.codec, frozenset())
    letters = [sign for sign in _foreign_lines(candidate.text) if sign > "\u2e7f"]
    count = sum(sign in common for sign in letters)
    return count / len(letters) if count >= _FEW else 0.0


def _foreign_lines(text: str) -> str:
    """Return the lines that are not plain ASCII, as far as they are looked at."""
    lines, length = [], 0
    for line in text.split("\n"):
        if not line.isascii():
            lines.append(line)
            length += len(line)
            if length > _SAMPLE:
                break
    return "\n".join(lines)


def _is_chinese(text: str) -> bool:
    """Return whether text decoded as GB18030 is in common simplified characters.

    They have the rows 0xB0 to 0xD7 of GB 2312. Japanese and Korean have most letters in the first
    of these, so that many of them lack the last.
    """
    codes = _codes(text, "gb2312")
    rows = {code[0] for code in codes}
    distinct = len(codes)
    if _share(codes, lambda code: 0xB0 <= code[0] <= 0xD7) < 0.7:
        return False
    return (distinct < 12 or max(rows) > 0xC8) and (distinct < 30 or max(rows) > 0xCF)


def _is_traditional(text: str) -> bool:
    codes = _codes(text, "cp950")
    if _share(codes, lambda code: 0xA4 <= code[0] <= 0xC6) < 0.85:
        return False
    # The other encodings of East Asia have no second byte that is ASCII, or few.
    return len(codes) < 8 or _share(codes, lambda code: code[-1] < 0x80) >= 0.1


def _is_japanese(text: str) -> bool:
    """Return whether text is in kana, the rows 0xA4 and 0xA5, and common characters."""
    codes = _codes(text, "euc_jp")
    if _share(codes, lambda code: len(code) == 2 and code[0] in _JAPANESE_ROWS) < 0.85:
        return False
    return len(codes) < 20 or any(code[0] > 0xC8 or code[0] < 0xB0 for code in codes)


def _is_korean(text: str) -> bool:
    codes = _codes(text, "euc_kr")
    return _share(codes, lambda code: 0xB0 <= code[0] <= 0xC8) >= _MOST


_COMMON = re.compile(r"[\u2010-\u2027\u3000-\u303f\uff00-\uff5f]")  # punctuation of them all
_JAPANESE_ROWS = {0xA4, 0xA5, *range(0xB0, 0xD0)}


def _are_glued(text: str) -> bool:
    """Return whether most East Asian letters stand within words of others, as accents would."""
    runs = _RUN.findall(text)
    return sum(any(sides) for sides in runs) > len(runs) / 2


_RUN = re.compile(r"([a-z]?)[\u2e80-\uffff]+([a-z]?)")


def _codes(text: str, codec: str) -> Counter[bytes]:
    """Return how often a character set has its letters in a text; others are a single byte."""
    codes: Counter[bytes] = Counter()
    for sign, count in Counter(text).items():
        if sign > "\x7f" and not _COMMON.match(sign):
            codes[sign.encode(codec, "replace")] += count
    return codes


def _share(codes: Counter[bytes], fits: Callable[[bytes], bool]) -> float:
    total = codes.total()
    return sum(count for code, count in codes.items() if fits(code)) / total if total else 0.0


def _is_western(text: str) -> bool:
    """Return whether accents are where Western European words have them: among plain letters."""
    words = _foreign_words(text)
    plain = sum(sign.isascii() for word in words for sign in word)
    accented = sum(map(len, words)) - plain
    return plain >= accented and _are_words(text, words)


def _is_script(script: str) -> Callable[[str], bool]:
    """Return what tells whether all words that are not ASCII are of one script."""

    def fits(text: str) -> bool:
        words = _foreign_words(text)
        of_script = sum(all(_script(sign) == script for sign in word) for word in words)
        long_enough = 2 * len(words) <= sum(map(len, words)) > 0
        return long_enough and of_script >= _MOST * len(words) and _are_words(text, words)

    return fits


def _foreign_words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if not word.isascii()]


def _are_words(text: str, words: list[str]) -> bool:
    """Return whether words are in large or in small letters, and no other signs are in them."""
    strange = len(_WITHIN.findall(text))
    strange += sum(unicodedata.category(sign) in ("Cc", "Co", "Cn") for sign in set(text) - _ENDS)
    for word in words:
        even = word[1:].islower() or word.isupper() or not (set(word.lower()) - {*word})
        strange += not even or "ς" in word[:-1]  # which ends Greek words alone
    return strange <= (1 - _MOST) * len(words)


# Signs that stand within words, or behind their beginning, only where they were other letters.
_WITHIN = re.compile(
    r"[^\W\d_][\x80-\xb6\xb8-\xbf\u2018\u201c\u201d\u2020-\u2022\u2030\u2039\u203a\u20ac][^\W\d_]"
    r"|[^\W\d_][\u0192\u02c6\u02dc\u201a\u201e]|[\u221a\u2248\u2264\u2265\u2500-\u25a1]"
)
_ENDS = {"\n", "\r", "\t", "\f"}


def _script(sign: str) -> str:
    return unicodedata.name(sign, "").split(" ")[0]


_KANA = frozenset(map(chr, range(0x3041, 0x30FF)))
_COMMON_LETTERS = {
    "gb18030": CHINESE,
    "cp950": TRADITIONAL,
    "cp932": JAPANESE | _KANA,
    "euc_jp": JAPANESE | _KANA,
    "cp949": KOREAN,
}
_ENCODINGS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("gb18030", "GB18030", _is_chinese),
    ("cp950", "Big5", _is_traditional),
    ("cp932", "Shift-JIS", _is_japanese),
    ("euc_jp", "EUC-JP", _is_japanese),
    ("cp949", "EUC-KR", _is_korean),
    ("cp1252", "Windows-1252", _is_western),
    ("cp1254", "Windows-1254", _is_western),
    ("cp1251", "Windows-1251", _is_script("CYRILLIC")),
    ("koi8_r", "KOI8-R", _is_script("CYRILLIC")),
    ("cp1253", "Windows-1253", _is_script("GREEK")),
    ("cp1255", "Windows-1255", _is_script("HEBREW")),
    ("cp1256", "Windows-1256", _is_script("ARABIC")),
)
