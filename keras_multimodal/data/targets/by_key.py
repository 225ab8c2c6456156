"""Labels, numbers and weights of the rows, by key."""

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd

from keras_multimodal.data.column.cells import as_pandas, row_values, values_by_key
from keras_multimodal.data.column.column import Column
from keras_multimodal.types import Cell, Frame


def targets_by_key(
    labels: pd.Series | Mapping[Hashable, Cell] | Sequence[Cell],
    first: Column,
    argument: str = "labels",
) -> dict[Hashable, Cell]:
    """Return labels, or other values of the rows, by key.

    Args:
        labels: The values: by key, or a list in the order of the first column's rows.
        first: The first column.
        argument: The argument that they came with, for messages.
    """
    if isinstance(labels, Mapping):
        return dict(labels)
    if isinstance(labels, pd.Series):
        keys, values = labels.index.tolist(), labels.tolist()
    else:
        keys, values = first.keys, row_values(labels, argument)
        if len(values) != len(first):
            raise ValueError(
                f"`{argument}` must have one value for each of the {len(first)} rows of "
                f"{first.spec.name!r}, or come as a Series or dict by key. "
                f"Received: {len(values)} values"
            )
    return values_by_key(keys, values, argument)


def columns_by_key(
    table: Frame | pd.Series | Mapping[Hashable, Cell] | Sequence[Cell],
    first: Column,
    argument: str,
    name: str,
) -> dict[str, dict[Hashable, Cell]]:
    """Return cells by key, by the column's name.

    Args:
        table: A frame, or what `targets_by_key` takes: then it is one column.
        first: The first column of the records.
        argument: The argument that it came with, for messages.
        name: What a column is called that has no name.
    """
    table = as_pandas(table)
    if not isinstance(table, pd.DataFrame):
        title = getattr(table, "name", None)
        return {name if title is None else str(title): targets_by_key(table, first, argument)}
    names = [str(column) for column in table.columns]
    if not names or len(set(names)) < len(names):
        raise ValueError(
            f"`{argument}` must have columns, whose names differ. Received: a frame with {names}"
        )
    return {
        column: targets_by_key(table.iloc[:, place], first, argument)
        for place, column in enumerate(names)
    }


def weights_by_key(
    weights: pd.Series | Mapping[Hashable, float] | Sequence[float],
    first: Column,
    groups: Sequence[Hashable],
) -> np.ndarray:
    """Return the weight of each row, `(rows,)` float32; 1 where none is given."""
    by_key = targets_by_key(weights, first, "sample_weight")
    found = np.array([by_key.get(group, 1.0) for group in groups], "float32")
    wrong = ~(np.isfinite(found) & (found >= 0))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            "`sample_weight` must hold finite numbers of at least 0. "
            f"Received: {found[row]} in row {groups[row]!r}"
        )
    return found
