"""What stands between the cells of a text file."""

import os
import pathlib


def separator(path: str | os.PathLike[str]) -> str:
    """Return what separates the cells of a file, from its ending and its line of names.

    Tabs in a `.tsv`; elsewhere what the names are separated by: commas, or where there is none,
    semicolons, as spreadsheets write where the comma is the decimal point, or tabs.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: If there is none.
    """
    file = pathlib.Path(path)
    if file.suffix.lower() == ".tsv":
        return "\t"
    with file.open(encoding="utf-8-sig", errors="replace") as lines:
        names = lines.readline()
    return next((sign for sign in (",", ";", "\t") if sign in names), ",")
