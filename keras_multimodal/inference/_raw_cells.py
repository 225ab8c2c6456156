"""Raw cells, checked and made a model's inputs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from keras_multimodal.data import Preprocessor


def preprocess(
    preprocessor: Preprocessor,
    cells: Mapping[str, Sequence[Any]],
    argument: str,
    first: int = 0,
) -> dict[str, tf.Tensor]:
    """Return the model's inputs.

    Args:
        preprocessor: The preprocessing.
        cells: By column, one cell for each row.
        argument: What messages call the cells.
        first: The number of the first row, for messages.

    Raises:
        TypeError: If a column is one string.
        ValueError: If the columns are others, or differ in length, or a row cannot be read, or the
            cells of a column differ in shape.
    """
    signature = list(preprocessor.raw_signature())
    if set(cells) != set(signature):
        raise ValueError(
            f"`{argument}` must have the columns {signature}. Received: {sorted(cells)}"
        )
    for column, values in cells.items():
        if isinstance(values, (str, bytes)):
            raise TypeError(
                f"`{argument}` must have a list in each column, with a cell for each row. "
                f"Received: {values!r:.80} in {column!r}"
            )
    lengths = {column: len(values) for column, values in cells.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            f"`{argument}` must have as many cells in each of its columns. "
            f"Received: cells by column {lengths}"
        )
    try:
        return preprocessor(cells)
    except (tf.errors.InvalidArgumentError, TypeError, ValueError) as error:
        found = _unreadable(preprocessor, cells)
        if found is None:
            shapes = {
                column: sorted({np.shape(cell) for cell in values})
                for column, values in cells.items()
            }
            uneven = {
                column: found_shapes
                for column, found_shapes in shapes.items()
                if len(found_shapes) > 1
            }
            raise ValueError(
                f"`{argument}` must have cells of one shape in each column: a series shorter than "
                f"the others has NaN at its end. Received: cells of the shapes {uneven}"
            ) from error
        row, reason = found
        row_cells = {column: values[row] for column, values in cells.items()}
        raise ValueError(
            f"`{argument}` must have cells that can be read. Received: {row_cells!r:.200} in row "
            f"{first + row}, of which {type(reason).__name__}: "
            f"{str(reason).strip().splitlines()[-1]:.200}"
        ) from error


def _unreadable(
    preprocessor: Preprocessor, cells: Mapping[str, Sequence[Any]]
) -> tuple[int, Exception] | None:
    """Return the first row that cannot be read by itself, and why; None if each can."""
    count = len(next(iter(cells.values())))
    for row in range(count):
        try:
            preprocessor({column: [values[row]] for column, values in cells.items()})
        except (tf.errors.InvalidArgumentError, TypeError, ValueError) as error:
            return row, error
    return None
