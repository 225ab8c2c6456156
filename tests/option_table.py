"""The command line's options as a table: part of docs/command_line.md.

    python -m tests.option_table

prints the table, made of the options' declarations; `--write` puts it there.
`test_command_line_page.py` tells whether it is of today.
"""

import argparse
import sys

from keras_multimodal._options import TableOptions, TrainingOptions, declared
from tests.suite.imports import ROOT

PAGE = ROOT / "docs" / "command_line.md"
_HEAD = "| option | what it is | default |\n|---|---|---|\n"


def table() -> str:
    """Return the table: those of `train` and `describe`, then those of `train` alone."""
    both = declared(TableOptions)
    options = {name: each for name, each in declared(TrainingOptions).items() if name != "source"}
    rows = []
    for name, each in options.items():
        text = each.meaning if name in both else f"{each.meaning} (`train`)"
        value = f" {each.metavar}" if each.metavar else ""
        value = f" {'/'.join(each.choices)}" if each.choices else value
        rows.append(f"| `{each.flag}{value}` | {text} | {each.usual} |\n")
    return _HEAD + "".join(rows)


def with_table(page: str) -> str:
    """Return the page with the table in place of the one it has.

    Raises:
        ValueError: If the page has no place for it.
    """
    before, head, rest = page.partition(_HEAD)
    if not head:
        raise ValueError("The page must have a table of options already. Received: none")
    return before + table() + rest[rest.index("\n\n") + 1 :]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.option_table", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put it into docs/command_line.md")
    if parser.parse_args().write:
        PAGE.write_text(with_table(PAGE.read_text("utf-8")), "utf-8")
    sys.stdout.write(table())
