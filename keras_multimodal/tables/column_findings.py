"""What was found of a table's columns and cells, before its files are read."""

import dataclasses
from collections import Counter
from collections.abc import Hashable, Mapping

from keras_multimodal.schema import ColumnKind
from keras_multimodal.tables.table import Table
from keras_multimodal.tables.task import Task

_SHOWN = 20  # columns of a kind


@dataclasses.dataclass(frozen=True, repr=False)
class ColumnFindings:
    """The kinds of columns, the task, and the rows and keys that come twice.

    `str` is what the command line prints of it.

    Args:
        table: The table.
        kinds: What its columns are.
        task: What is learned.
        repeats: The first such row, by each row that repeats an earlier one.
        repeated_keys: The keys that were there before, by row.

    Example:

    >>> import pandas as pd
    >>> from keras_multimodal.tables import TableOptions, examine
    >>> frame = pd.DataFrame({"x": [1.5, 2.5] * 2, "y": ["a", "b"] * 2})
    >>> found = examine(Table.from_dataframe(frame), TableOptions(target="y"))
    >>> found.repeats
    {3: 1, 4: 2}
    """

    table: Table
    kinds: tuple[ColumnKind, ...]
    task: Task
    repeats: Mapping[int, int]
    repeated_keys: Mapping[int, Hashable]

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
        if self.repeats:
            row, first = next(iter(self.repeats.items()))
            lines.append(
                f"{len(self.repeats)} rows repeat another, such as row {row} row {first}: scores "
                "are too good where one is learned from and the other one tested. Remove them, or "
                "keep them together with `group`"
            )
        if self.repeated_keys:
            row, key = next(iter(self.repeated_keys.items()))
            lines.append(
                f"{len(self.repeated_keys)} rows have a key that was there before, such as {key!r} "
                f"in row {row}"
            )
        return "\n".join(lines)
