"""The reason why a file is not there, as far as its name tells."""

import os
import pathlib
import re
import urllib.parse

_URL = re.compile(r"[a-z][a-z0-9+.-]*:/{1,2}[^/]", re.IGNORECASE)


def why_missing(path: str) -> str:
    """Return what is to be said of a path that leads nowhere.

    Args:
        path: The path.

    Returns:
        `"is not there"`, and the reason where one can be told: a URL, another system's separators,
        several names in one cell, signs that a browser has written, space at an end, or another
        case.

    Example:

    >>> why_missing("photos/https://example.com/1.png")
    'is not there: it is a URL, and nothing is fetched; download the files'
    """
    return "is not there" + next((f": {reason}" for reason in _reasons(path) if reason), "")


def _reasons(path: str) -> list[str | None]:
    if _URL.search(path):
        return ["it is a URL, and nothing is fetched; download the files"]
    name = path.rstrip()
    parts = re.split(r"\s*[;|]\s*", name)
    slashes = name.replace("\\", "/")
    unquoted = urllib.parse.unquote(name)
    other_case = _in_another_case(name)
    return [
        "a space stands at its end; remove it" if name != path and os.path.exists(name) else None,
        "it has Windows' separators; write / for \\"
        if slashes != name and os.path.exists(slashes)
        else None,
        f"the cell has {len(parts)} names; give each a column of its own"
        if len(parts) > 1 and os.path.exists(parts[0])
        else None,
        f"its name is written as in a URL; write {os.path.basename(unquoted)!r}"
        if unquoted != name and os.path.exists(unquoted)
        else None,
        f"{other_case!r} is there, in another case" if other_case else None,
    ]


def _in_another_case(path: str) -> str | None:
    """Return the path that is there if case is left out of account."""
    whole = pathlib.Path(path)
    found = pathlib.Path(whole.anchor)
    for part in whole.parts[1 if whole.anchor else 0 :]:
        step = found / part
        if not os.path.exists(step):
            try:
                names = [name for name in os.listdir(found) if name.lower() == part.lower()]
            except OSError:  # no folder, or none that may be read: nothing can be told
                return None
            if not names:
                return None
            step = found / names[0]
        found = step
    return str(found)
