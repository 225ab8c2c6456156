"""Findings of a table's rows, as their files were read."""

import dataclasses
from collections.abc import Mapping

from keras_multimodal.data import PairingReport
from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.types import Cell


@dataclasses.dataclass(frozen=True)
class RowFindings:
    """The rows that have no target, and what the others lack.

    `str` is what the command line prints of it.

    Args:
        rows: How many rows the table has.
        without_target: The rows that have no target, and are left out.
        report: What pairing found, with columns and files named as the user has them.
        wrong_numbers: By column, each cell by its row that should be a finite number and is not.
        unreadable: A sentence for each modality of which no file can be read.

    Example:

    >>> import pandas as pd
    >>> from keras_multimodal.tables import Table, TableOptions, prepare
    >>> frame = pd.DataFrame({"x": [1.5, 2.5, None, 4.5] * 10, "sort": ["a", "a", "b", "b"] * 10})
    >>> prepared = prepare(Table.from_dataframe(frame), TableOptions(target="sort"))
    >>> len(prepared.rows.report.missing["table"])
    10
    """

    rows: int
    without_target: tuple[int, ...]
    report: PairingReport
    wrong_numbers: Mapping[str, Mapping[int, Cell]]
    unreadable: tuple[str, ...]

    def __str__(self) -> str:
        lines = []
        if self.without_target:
            lines.append(
                f"{len(self.without_target)} of {self.rows} rows have no target and are left out "
                f"({name_keys(self.without_target)})"
            )
        lines.append(str(self.report))
        for name, files in self.report.unreadable.items():
            if files:
                row, reason = next(iter(files.items()))
                lines.append(
                    f"  {name} cannot be read in {len(files)} rows, such as row {row}: {reason}"
                )
        if self.report.dropped:
            lines.append("  rows that are left out have nothing that can be read")
        lines += wrong_number_lines(self.wrong_numbers)
        return "\n".join(lines)


def wrong_number_lines(found: Mapping[str, Mapping[int, Cell]]) -> list[str]:
    """Return a line for each column with cells that should be finite numbers and are not.

    Args:
        found: By column, each such cell by its row.
    """
    lines = []
    for name, cells in found.items():
        row, cell = next(iter(cells.items()))
        lines.append(
            f"  {len(cells)} cells of {name!r} are no finite numbers, such as {cell!r} in row "
            f"{row}: they are read as missing"
        )
    return lines
