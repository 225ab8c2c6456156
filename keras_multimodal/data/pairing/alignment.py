"""Columns in one order of rows, by their keys."""

import dataclasses
from collections.abc import Hashable, Mapping, Sequence
from typing import Literal

import numpy as np

from keras_multimodal.data.column.column import Column
from keras_multimodal.data.column.sampled_column import SampledColumn
from keras_multimodal.data.pipeline.paired_rows import PairedRows
from keras_multimodal.data.targets.target_labels import TargetLabels

OnDuplicates = Literal["error", "expand", "sample"]


@dataclasses.dataclass(frozen=True)
class AlignedColumns:
    """Columns whose rows belong together.

    Args:
        columns: The columns, of the same rows.
        keys: The rows' keys.
        groups: The key that each row has in the columns; several rows may share one.
    """

    columns: Sequence[Column]
    keys: Sequence[Hashable]
    groups: Sequence[Hashable]

    @property
    def present(self) -> np.ndarray:
        """A mask of the cells that are there, `(modalities, rows)` bool."""
        return np.stack([column.present for column in self.columns])

    @property
    def usable(self) -> np.ndarray:
        """A mask of the rows that have any cell, and all that are not optional, `(rows,)` bool."""
        present = self.present
        required = np.array([not column.spec.optional for column in self.columns])
        return present[required].all(0) & present.any(0)

    def unreadable(self, columns: Sequence[Column]) -> np.ndarray:
        """Return which cells are absent since they could not be read, `(modalities, rows)` bool.

        Args:
            columns: The columns as they were before they were aligned.
        """
        return np.array(
            [
                [column.group_of(group) in column.unreadable for group in self.groups]
                if column.unreadable
                else [False] * len(self.groups)
                for column in columns
            ]
        )

    def take(self, rows: np.ndarray) -> "AlignedColumns":
        """Return the rows of these numbers."""
        keys = [self.keys[row] for row in rows]
        columns = [column.take(keys, rows) for column in self.columns]
        return AlignedColumns(columns, keys, [self.groups[row] for row in rows])

    def with_targets(
        self, targets: TargetLabels, weights: np.ndarray | None, described: bool
    ) -> PairedRows:
        """Return the rows with their target, and the weight that each has, if any.

        Args:
            targets: The rows' target.
            weights: Their weights, or `None`.
            described: Whether what is learned of training rows has been given.
        """
        groups = list(self.groups)
        for column in self.columns:
            groups = [column.group_of(group) for group in groups]
        return PairedRows(
            columns=tuple(self.columns),
            keys=list(self.keys),
            groups=groups,
            targets=targets,
            weights=weights,
            ids=np.arange(len(self.keys)),
            described=described,
        )


def align(
    columns: Sequence[Column],
    repeated: Mapping[str, Mapping[Hashable, int]],
    on_duplicates: OnDuplicates,
) -> AlignedColumns:
    """Return the columns in one order of rows: that of the first, then keys that only others have.

    Args:
        columns: Columns, each with its own keys.
        repeated: By column, the keys that occur in it more than once, with their counts.
        on_duplicates: What becomes of these; see `pair`.

    Raises:
        ValueError: If keys are to be expanded that repeat in several columns.
    """
    groups = list(dict.fromkeys(key for column in columns for key in column.keys))
    rows = {column.spec.name: _rows_by_key(column) for column in columns}
    keys = list(groups)
    numbers = [0] * len(groups)
    expanded = [name for name, counts in repeated.items() if counts]
    if on_duplicates == "expand" and expanded:
        if len(expanded) > 1:
            raise ValueError(
                '`on_duplicates="expand"` must go with keys that repeat in one column only. '
                f"Received: keys that repeat in {expanded}"
            )
        counts = [max(len(rows[expanded[0]].get(group, ())), 1) for group in groups]
        numbers = [index for count in counts for index in range(count)]
        groups = [group for group, count in zip(groups, counts, strict=True) for _ in range(count)]
        keys = list(zip(groups, numbers, strict=True))
    aligned: list[Column] = []
    for column in columns:
        name = column.spec.name
        options = [rows[name].get(group, []) for group in groups]
        if repeated[name] and on_duplicates == "sample":
            aligned.append(SampledColumn(column, keys, options))
            continue
        # A column whose keys repeat is numbered with the rows; another's one cell goes to all.
        chosen = [
            cells[index if len(cells) > 1 else 0] if cells else -1
            for cells, index in zip(options, numbers, strict=True)
        ]
        aligned.append(column.take(keys, np.array(chosen)))
    return AlignedColumns(aligned, keys, groups)


def _rows_by_key(column: Column) -> dict[Hashable, list[int]]:
    rows: dict[Hashable, list[int]] = {}
    for row, key in enumerate(column.keys):
        rows.setdefault(key, []).append(row)
    return rows
