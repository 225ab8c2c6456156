"""Names for tensors, layers and signatures, made of the names that users give.

A user may call a column "说明", "1stFlrSF" or "class". TensorFlow's scopes take ASCII letters and
digits alone, and a client of a SavedModel has to be able to write the names of its inputs.
"""

import hashlib
import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LONGEST = 40  # letters that are kept of a name that is changed


def inner_name(name: str) -> str:
    """Return the name that tensors, layers and weights have: a letter, then letters, digits, `_`.

    It depends on `name` alone, and a name that is such a one is itself. Others keep what can stay,
    with a checksum of the whole, so that no two names become one.
    """
    return name if _PLAIN.fullmatch(name) else _changed(name)


def served_names(names: Iterable[str]) -> dict[str, str]:
    """Return by name what a SavedModel's signature calls it: what every client can write.

    Words of Python are no such names. Signs become underscores where that leaves no two names
    alike.

    Args:
        names: All names of one signature's inputs, or outputs.
    """
    names = list(dict.fromkeys(names))
    mended = {name: re.sub(r"\W+", "_", name).strip("_") for name in names}
    mended = {name: name if _is_served(name) else mended[name] for name in names}
    counts = Counter(mended.values())

    def is_free(name: str, new: str) -> bool:
        return _is_served(new) and (new == name or counts[new] == 1)

    return {n: new if is_free(n, new) else _changed(n) for n, new in mended.items()}


def free_name(name: str, taken: Iterable[str]) -> str:
    """Return a name that is not taken: itself, or with an underscore or more behind it."""
    names = set(taken)
    while name in names:
        name += "_"
    return name


def _is_served(name: str) -> bool:
    # A signature is called with names beside `self`.
    return bool(_PLAIN.fullmatch(name)) and not keyword.iskeyword(name) and name != "self"


def _changed(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    kept = re.sub(r"[^A-Za-z0-9]+", "_", letters).strip("_")[:_LONGEST]
    start = kept if kept[:1].isalpha() else f"name_{kept}".rstrip("_")
    checksum = hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{start}_{checksum}"
