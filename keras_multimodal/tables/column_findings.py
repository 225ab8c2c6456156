"""Findings of a table's columns, before its files are read."""

import dataclasses
from collections import Counter

from keras_multimodal.schema import ColumnKind
from keras_multimodal.tables.table import Table
from keras_multimodal.tables.task import Task

_SHOWN = 20  # columns of a kind


@dataclasses.dataclass(frozen=True, repr=False)
class ColumnFindings:
    """The kinds of a table's columns, and the task.

    `str` is what the command line prints of it.

    Args:
        table: The table.
        kinds: What its columns are.
        task: What is learned.

    Example:

    >>> import pandas as pd
    >>> from keras_multimodal.tables import TableOptions, examine
    >>> frame = pd.DataFrame({"x": [1.5, 2.5] * 2, "y": ["a", "b"] * 2})
    >>> found = examine(Table.from_dataframe(frame), TableOptions(target="y"))
    >>> [each.kind for each in found.kinds]
    ['number']
    """

    table: Table
    kinds: tuple[ColumnKind, ...]
    task: Task

    def __repr__(self) -> str:
        return f"<ColumnFindings: {len(self.kinds)} columns, task {self.task.name!r}>"

    def __str__(self) -> str:
        names = self.table.names
        lines = [f"{len(self.table.frame)} rows"]
        shown: Counter[str] = Counter()
        for each in self.kinds:
            shown[each.kind] += 1
            if shown[each.kind] <= _SHOWN:
                lines.append(f"  {names[each.column]}: {each.kind} ({each.reason})")
        for kind, count in shown.items():
            if count > _SHOWN:
                lines.append(f"  and {count - _SHOWN} more columns: {kind} (the report lists them)")
        if self.task.column is not None:
            target = names[self.task.column]
            lines.append(f"  {target}: target, {self.task.name} ({self.task.reason})")
        return "\n".join(lines)
