"""How numbers are read by key, checked, and measured on the training rows."""

import dataclasses
from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from keras_multimodal.data.column.cells import as_pandas, name_keys
from keras_multimodal.data.column.column import Column
from keras_multimodal.data.targets.by_key import targets_by_key
from keras_multimodal.schema import NumberTarget
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.types import Cell, Tensor

Numbers = tuple[Cell, ...]


def numbers_by_key(
    values: Tensor, first: Column
) -> tuple[dict[Hashable, Numbers | None], tuple[str, ...]]:
    """Return the numbers of each row, `None` where one is missing, and what they are called.

    Args:
        values: A frame (its index holds the keys) with a column for each number; or one number for
            each row, as a Series, a dict by key or a list in the order of the first column's rows.
        first: The first column.
    """
    values = as_pandas(values)
    if isinstance(values, pd.DataFrame):
        columns = tuple(map(str, values.columns))
        if not columns:
            raise ValueError("`values` must have a column of numbers. Received: a frame without")
        rows = list(values.itertuples(index=False, name=None))
        values = pd.Series(rows, values.index, dtype=object)
    elif getattr(values, "ndim", 1) == 2 and values.shape[1] != 1:  # an array
        columns = tuple(map(str, range(values.shape[1])))
    else:
        name = getattr(values, "name", None)
        columns = ("value",) if name is None else (str(name),)
    cells = targets_by_key(values, first, "values")
    return {key: as_numbers(cell) for key, cell in cells.items()}, columns


def as_numbers(cell: Cell) -> Numbers | None:
    """Return a tuple of numbers, or one number as such a tuple; `None` where any is missing."""
    numbers = cell if isinstance(cell, tuple) else (cell,)
    return None if any(map(is_missing, numbers)) else numbers


def measure(
    rows: Sequence[Numbers], keys: Sequence[Hashable], columns: tuple[str, ...]
) -> np.ndarray:
    """Return the numbers of each row, `(rows, columns)` float32.

    Raises:
        ValueError: If a cell is no finite number. The message names the column and the rows.
    """
    for key, cells in zip(keys, rows, strict=True):
        if len(cells) != len(columns):
            raise ValueError(
                f"`values` must have one number in each row, or a column for each. "
                f"Received: {cells!r} in row {key!r}. Give several as a frame."
            )
    numbers = np.empty((len(rows), len(columns)))
    for place, column in enumerate(columns):
        wrong = []
        for row, (key, cells) in enumerate(zip(keys, rows, strict=True)):
            try:
                numbers[row, place] = float(cells[place])
            except (TypeError, ValueError):
                numbers[row, place] = np.nan
            if not np.isfinite(numbers[row, place]):
                wrong.append((key, cells[place]))
        if wrong:
            raise ValueError(
                f"`values` must be finite numbers in {column!r}. Received: {wrong[0][1]!r} in row "
                f"{wrong[0][0]!r}"
                + (
                    f", and others in {len(wrong) - 1} more rows "
                    f"({name_keys([key for key, _ in wrong[1:]])})"
                    if len(wrong) > 1
                    else ""
                )
            )
    return numbers.astype("float32")


def learn_statistics(target: NumberTarget, numbers: np.ndarray) -> NumberTarget:
    """Return the target with mean and standard deviation of the given rows' numbers."""
    exact = numbers.astype("float64")
    mean, std = exact.mean(0), exact.std(0)
    std[std <= 1e-7 * np.abs(mean)] = 1  # a constant has no scale of its own
    return dataclasses.replace(target, mean=tuple(mean.tolist()), std=tuple(std.tolist()))
