"""The columns of a frame as one modality."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from keras_multimodal.data.column.cells import as_frame, frame_column, frame_keys
from keras_multimodal.data.table.column import TableColumns
from keras_multimodal.schema import Tabular
from keras_multimodal.schema.column_kind import class_name
from keras_multimodal.schema.missing_cells import is_missing


class TableProcessor:
    """Makes columns of a table: numbers are standardised, categories numbered, gaps masked.

    Example:

    >>> frame = pd.DataFrame({"age": [20, None], "town": ["Ulm", "Bonn"], "vip": [True, False]})
    >>> column = TableProcessor().load_data(frame)
    >>> column.spec.numeric, column.spec.categorical
    (('age',), ('town', 'vip'))
    """

    def load_data(
        self,
        dataframe: pd.DataFrame,
        numeric: str | Sequence[str] | None = None,
        categorical: str | Sequence[str] | None = None,
        *,
        key: str | None = None,
        name: str = "table",
        optional: bool = False,
    ) -> TableColumns:
        """Return a column of columns.

        Args:
            dataframe: One row for each record; of pandas, or with a method `to_pandas`.
            numeric: Columns of numbers, or the name of one. If neither this nor `categorical` is
                given, those whose dtype is numeric, but for booleans.
            categorical: Columns of categories, or the name of one: strings, booleans, or whole
                numbers that are names. If neither is given, all others.
            key: The frame's column of keys; its index by default.
            name: The input's name.
            optional: Whether a row may lack every column.

        Raises:
            ValueError: If a column is missing, or a numeric one has a cell that is no finite
                number. The message names column and row.
        """
        dataframe = as_frame(dataframe)
        numeric, categorical = _names(numeric), _names(categorical)
        if numeric is None and categorical is None:
            columns = [column for column in dataframe.columns if column != key]
            numeric = [column for column in columns if _is_numeric(dataframe[column])]
            categorical = [column for column in columns if column not in numeric]
        spec = Tabular(
            name=name,
            optional=optional,
            numeric=tuple(numeric or ()),
            categorical=tuple(categorical or ()),
        )
        keys = frame_keys(dataframe, key)
        numbers = [_numbers(frame_column(dataframe, c, "numeric"), keys) for c in spec.numeric]
        strings = [
            [_category(cell) for cell in frame_column(dataframe, c, "categorical")]
            for c in spec.categorical
        ]
        rows = len(dataframe)
        return TableColumns(
            spec,
            keys,
            np.array(numbers, "float64").reshape(-1, rows).T,
            np.array(strings, object).reshape(-1, rows).T,
            f"columns {list(spec.columns)}",
        )


def _names(columns: str | Sequence[str] | None) -> Sequence[str] | None:
    return [columns] if isinstance(columns, str) else columns


def _is_numeric(column: pd.Series) -> bool:
    types = pd.api.types
    return bool(types.is_numeric_dtype(column) and not types.is_bool_dtype(column))


def _numbers(column: pd.Series, keys: Sequence[object]) -> np.ndarray:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy("float64", na_value=np.nan)
    given = np.array([not is_missing(cell) for cell in column], bool)
    with np.errstate(over="ignore"):  # the model's numbers are float32
        wrong = given & ~np.isfinite(numbers.astype("float32"))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        cell = column.iloc[row]
        raise ValueError(
            "`numeric` must name columns of finite numbers. "
            f"Received: {repr(cell) if isinstance(cell, str) else cell} in row {keys[row]!r} of "
            f"column {column.name!r}"
        )
    return numbers


def _category(cell: object) -> str:
    """Return a cell as text, empty where it is missing."""
    return "" if is_missing(cell) else class_name(cell)
