"""How numbers are read by key, checked, and measured on the training rows."""

import dataclasses
from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from keras_multimodal.data.column.cells import as_pandas, name_keys
from keras_multimodal.data.column.column import Column
from keras_multimodal.data.column.precision import (
    LARGEST,
    loses_digits,
    mean_and_deviation,
    rounding,
)
from keras_multimodal.data.targets.by_key import targets_by_key
from keras_multimodal.schema import NumberTarget
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.types import Cell, Tensor

Numbers = tuple[Cell, ...]

_STEP = float(np.finfo("float32").epsneg)  # by which rounding moves a number, as a share of it


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
    """Return the numbers of each row, `(rows, columns)` float64.

    Raises:
        ValueError: If a cell is no finite number of float32. The message names the column and the
            rows.
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
            except (TypeError, ValueError, OverflowError):  # Python's whole numbers have no end
                numbers[row, place] = np.nan
            if not abs(numbers[row, place]) <= LARGEST:
                wrong.append((key, cells[place]))
        if wrong:
            raise ValueError(
                f"`values` must be finite numbers in {column!r} that float32 can hold. "
                f"Received: {wrong[0][1]!r} in row {wrong[0][0]!r}"
                + (
                    f", and others in {len(wrong) - 1} more rows "
                    f"({name_keys([key for key, _ in wrong[1:]])})"
                    if len(wrong) > 1
                    else ""
                )
            )
    return numbers


def learn_statistics(target: NumberTarget, numbers: np.ndarray) -> NumberTarget:
    """Return the target with mean and standard deviation of the given rows' numbers."""
    mean, std = mean_and_deviation(numbers)
    lost = loses_digits(rounding(numbers), mean, std)
    # An answer is any number there. Keras takes no small deviation, nor one with a large square.
    lost |= np.abs(numbers).max(0) * _STEP > 1e-4 * std
    lost |= (std < 1e-6) | (std > 1e18)
    return dataclasses.replace(
        target,
        mean=tuple(mean.tolist()),
        std=tuple(std.tolist()),
        float64=bool(lost.any()),
    )
