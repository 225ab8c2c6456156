"""The targets that a frame holds beside its pictures."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from keras_multimodal.data.cells import frame_column


def target_cells(
    dataframe: pd.DataFrame, y_col: str | Sequence[str], class_mode: str | None
) -> list[Any] | None:
    """The rows' targets: a cell each, or a tuple of several columns' cells."""
    if isinstance(y_col, str):
        if y_col == "class" and y_col not in dataframe.columns:
            return None
        if class_mode == "multi_output":
            raise ValueError(
                "`y_col` must be a list of columns with class_mode='multi_output'. "
                f"Received: y_col={y_col!r}"
            )
        cells = frame_column(dataframe, y_col, "y_col").tolist()
        several = next((cell for cell in cells if isinstance(cell, (list, tuple, set))), None)
        if several is not None and class_mode in ("categorical", "sparse", "binary"):
            raise ValueError(
                "`y_col` must hold one class for each row; several are not supported yet, but "
                f"class_mode='raw' takes numbers. Received: {several!r}"
            )
        return cells
    if class_mode not in ("raw", "multi_output"):
        raise ValueError(
            "`y_col` must be one column, but for class_mode='raw' and 'multi_output'. "
            f"Received: y_col={list(y_col)}, class_mode={class_mode!r}"
        )
    columns = [frame_column(dataframe, column, "y_col").tolist() for column in y_col]
    return list(zip(*columns, strict=True))
