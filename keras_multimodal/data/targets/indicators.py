"""Rows that have a one or a zero for each class, as `keras.utils.to_categorical` makes them."""

import numbers
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from keras_multimodal.types import Cell

_WHAT_TO_GIVE = (
    "Give the name or the number of each row's class, as `labels.argmax(1)` is, or the list of its "
    "classes"
)


def indicator_rows(
    cells: Sequence[Any], keys: Sequence[Hashable], classes: Sequence[Any] | None, argument: str
) -> np.ndarray | None:
    """Return rows of ones and zeros, `(rows, classes)` float32.

    A list of classes has each of them once. So rows of one length of ones and zeros are no lists of
    the classes 0 and 1.

    Args:
        cells: What holds several classes, for each row.
        keys: The rows' keys.
        classes: All classes, or `None`.
        argument: What the labels came with, for messages.

    Returns:
        The rows; `None` where the cells are lists of classes.

    Raises:
        ValueError: If the cells are numbers of neither kind, or of another count than the classes.
    """
    rows = _as_numbers(cells)
    if rows is None:
        return None
    hot = ((rows == 0) | (rows == 1)).all(axis=1)
    if not hot.all():
        _check_different(rows, hot, keys, argument)
        return None
    width = rows.shape[1]
    if classes is not None and len(classes) != width:
        if width == 2 and (rows.sum(axis=1) == 1).all():
            return None  # 0 and 1 are two classes of more
        raise ValueError(
            f"`{argument}` must have a one or a zero for each of the {len(classes)} `classes`. "
            f"Received: {width} in each row. {_WHAT_TO_GIVE}."
        )
    return rows.astype("float32")


def have_one_class(hot: np.ndarray, keys: Sequence[Hashable], argument: str) -> bool:
    """Return whether each row has one class, and not any number of them.

    Args:
        hot: Rows of ones and zeros.
        keys: The rows' keys.
        argument: What they came with, for messages.

    Raises:
        ValueError: If some have one and the others none, so that this cannot be told.
    """
    counts = hot.sum(axis=1)
    if counts.max() <= 1 and counts.min() == 0:
        row = int(np.flatnonzero(counts == 0)[0])
        raise ValueError(
            f"`{argument}` must have a one in each row, or several in some. Received: none in row "
            f"{keys[row]!r}, and one at most in the others. If that row lacks its class, leave it "
            "out of the labels. If rows may have several classes or none, give lists of names, "
            'such as ["cat", "dog"] and []. If each column is a target of its own, give '
            "`classes` by column."
        )
    return bool((counts == 1).all())


def indicator_frame(
    frame: pd.DataFrame, classes: Sequence[Any] | Mapping[str, Sequence[Any]] | None
) -> tuple[pd.Series, list[str]] | None:
    """Return a frame of ones and zeros as a row of them by key, and the classes that they are of.

    Args:
        frame: A column for each class, or for each target.
        classes: All classes in their order; by column, where each is a target.

    Returns:
        The rows, `None` where one is empty, and the names of the columns; `None` in place of both
        where each column is a target of its own.
    """
    names = [str(column) for column in frame.columns]
    types = pd.api.types
    if (
        len(names) < 2
        or len(set(names)) < len(names)
        or isinstance(classes, Mapping)
        or not all(types.is_numeric_dtype(kind) for kind in frame.dtypes)  # booleans too
    ):
        return None
    if classes is not None:
        order = [str(each) for each in classes]
        if sorted(order) != sorted(names):
            return None
        frame = frame.iloc[:, [names.index(name) for name in order]]
        names = order
    values = frame.to_numpy("float64", na_value=np.nan)
    empty = np.isnan(values).all(axis=1)
    if empty.all() or not np.isin(values[~empty], (0, 1)).all():
        return None
    cells = [None if lacks else tuple(row) for row, lacks in zip(values, empty, strict=True)]
    return pd.Series(cells, frame.index, dtype=object, name=frame.columns.name), names


def _as_numbers(cells: Sequence[Any]) -> np.ndarray | None:
    """Return cells that are all as many numbers, two or more; `None` if they are not."""
    if any(isinstance(cell, (set, frozenset)) or np.ndim(cell) == 0 for cell in cells):
        return None
    if len({len(cell) for cell in cells}) != 1 or len(cells[0]) < 2:
        return None
    if not all(_is_number(entry) for cell in cells for entry in cell):
        return None
    return np.array([[float(entry) for entry in cell] for cell in cells])


def _is_number(entry: Cell) -> bool:
    return isinstance(entry, (numbers.Real, np.bool_))


def _check_different(
    rows: np.ndarray, hot: np.ndarray, keys: Sequence[Hashable], argument: str
) -> None:
    """Refuse rows of numbers that are no list of classes: shares, or a number more than once."""
    ascending = np.sort(rows, axis=1)
    wrong = (rows != np.floor(rows)) | ~np.isfinite(rows)
    wrong[:, 1:] |= ascending[:, 1:] == ascending[:, :-1]
    if wrong.any():
        # One that could be of ones and zeros is no good example.
        row = int(np.argmax(wrong.any(axis=1) * (2 - hot)))
        raise ValueError(
            f"`{argument}` must be one class for each row, a list of different classes, or a one "
            f"or a zero for each class. Received: {rows[row].tolist()} in row {keys[row]!r}. "
            f"{_WHAT_TO_GIVE}."
        )
