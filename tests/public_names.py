"""Every public name with the first line of its docstring: docs/reference.md.

    python -m tests.public_names

prints the page; `--write` writes it. `test_public_names.py` tells whether it is of today.
"""

import argparse
import inspect
import sys

import keras_multimodal
from tests.suite.imports import ROOT

PAGE = ROOT / "docs" / "reference.md"
_HEAD = """\
# Every public name

Made by `python -m tests.public_names --write` of the first lines of the docstrings.
`help(keras_multimodal.layers.CrossModalAttention)` shows a whole one, with shapes, errors, an
example and the source.
"""


def page() -> str:
    """Return the page: a table for each module of the package."""
    parts = [_HEAD]
    for room in keras_multimodal.__all__:
        module = getattr(keras_multimodal, room)
        parts.append(f"\n## {room}\n\n{_first_line(module)}\n\n| name | what it is |\n|---|---|\n")
        for name in sorted(module.__all__, key=str.lower):
            value = getattr(module, name)
            told = callable(value) or inspect.ismodule(value)
            what = _first_line(value) if told else f"`{value!r}`"
            parts.append(f"| `{name}` | {what} |\n")
    return "".join(parts)


def _first_line(value: object) -> str:
    return (inspect.getdoc(value) or "").split("\n", maxsplit=1)[0].replace("|", "\\|")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.public_names", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/reference.md")
    if parser.parse_args().write:
        PAGE.write_text(page(), "utf-8")
    else:
        sys.stdout.write(page())
