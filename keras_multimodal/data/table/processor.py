"""The columns of a frame as one modality."""

import numbers
import os
from collections.abc import Hashable, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from keras_multimodal.data.column.cells import frame_column, frame_keys
from keras_multimodal.data.column.frames import as_frame
from keras_multimodal.data.column.precision import LARGEST
from keras_multimodal.data.column.table_files import is_untyped
from keras_multimodal.data.table.column import TableColumns
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import Tabular
from keras_multimodal.schema.cell_looks import are_codes
from keras_multimodal.schema.column_kind import class_name
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.schema.number_writing import PLAIN, UntoldWriting, find_writing
from keras_multimodal.types import Cell, Frame


class TableProcessor:
    """Makes columns of a table: numbers are standardised, categories numbered, gaps masked.

    Args:
        decimal: The sign before the decimals of numbers in strings, `"."` or `","`. Default `None`:
            as each column shows. A currency, per cent or a unit beside them is left out.

    Raises:
        ValueError: If `decimal` is another sign.

    Example:

    >>> frame = pd.DataFrame({"age": [20, None], "town": ["Ulm", "Bonn"], "vip": [True, False]})
    >>> column = TableProcessor().from_dataframe(frame)
    >>> column.spec.numeric, column.spec.categorical
    (('age',), ('town', 'vip'))
    """

    def __init__(self, decimal: Literal[".", ","] | None = None) -> None:
        if decimal not in (None, ".", ","):
            raise ArgumentError("decimal", f'must be "." or ",". Received: decimal={decimal!r}')
        self._decimal = decimal

    def from_dataframe(
        self,
        dataframe: Frame,
        column: str | Sequence[str] | None = None,
        *,
        numeric: str | Sequence[str] | None = None,
        categorical: str | Sequence[str] | None = None,
        key: str | None = None,
        name: str | None = None,
        optional: bool = False,
    ) -> TableColumns:
        """Return the columns of a frame as one modality.

        Args:
            dataframe: One row for each record; of pandas, or with a method `to_pandas`; or the
                path of a file that `read_table` reads.
            column: Columns, or the name of one. Their dtypes say which are numbers, but for those
                that `numeric` or `categorical` names; booleans are categories. Of a CSV, which has
                no types, columns are that have numbers alone, and no codes such as "007". If none
                of the three is given, all of the frame's.
            numeric: Columns of numbers, or the name of one.
            categorical: Columns of categories, or the name of one: strings, booleans, or whole
                numbers that are names.
            key: Column of keys; the frame's index by default.
            name: The input's name; `"table"` by default.
            optional: Whether a row may lack every column.

        Raises:
            ValueError: If a column is missing, or a numeric one has a cell that is no finite
                number. The message names column and row.

        Example:

        >>> frame = pd.DataFrame({"age": [20, 30], "zip": [89073, 53111], "note": ["a", "b"]})
        >>> column = TableProcessor().from_dataframe(frame, ["age", "zip"], categorical="zip")
        >>> column.spec.numeric, column.spec.categorical
        (('age',), ('zip',))
        """
        in_file = isinstance(dataframe, (str, os.PathLike))
        untyped = in_file and is_untyped(dataframe)
        dataframe = as_frame(dataframe, key, as_text=True)
        numeric_names, categories = _names(numeric), _names(categorical)
        others = _names(column)
        if column is None and numeric is None and categorical is None:
            others = [each for each in dataframe.columns if each != key]
        for each in others:
            if each not in [*numeric_names, *categories]:
                cells = frame_column(dataframe, each, "column")
                is_numeric = self._has_numbers(cells, untyped) if in_file else _is_numeric(cells)
                (numeric_names if is_numeric else categories).append(each)
        spec = Tabular(
            name=Tabular.name if name is None else name,
            optional=optional,
            numeric=tuple(numeric_names),
            categorical=tuple(categories),
        )
        keys = frame_keys(dataframe, key)
        numeric_cells = [frame_column(dataframe, each, "numeric") for each in spec.numeric]
        floats = [self._floats(cells, keys) for cells in numeric_cells]
        strings = [
            _categories(frame_column(dataframe, each, "categorical"), keys)
            for each in spec.categorical
        ]
        rows = len(dataframe)
        return TableColumns(
            spec,
            keys,
            np.array(floats, "float64").reshape(-1, rows).T,
            np.array(strings, object).reshape(-1, rows).T,
            f"columns {list(spec.columns)}",
            _written(numeric_cells, rows) if untyped else None,
        )

    def _has_numbers(self, column: pd.Series, untyped: bool) -> bool:
        """Return whether a column of a file, whose dtype says nothing, has numbers alone."""
        given = [cell for cell in column.tolist() if not is_missing(cell)]
        if untyped:
            return not are_codes(given) and not np.isnan(self._read(column, given)).any()
        return all(isinstance(c, numbers.Number) and not isinstance(c, bool) for c in given)

    def _read(self, column: pd.Series, given: Sequence[Cell]) -> np.ndarray:
        """Return cells as numbers, NaN where they are none."""
        try:
            writing = find_writing(given, self._decimal) or PLAIN
        except UntoldWriting as error:
            raise ArgumentError(
                "numeric",
                "must name columns of numbers of which it can be told how they are written. "
                f"Received: {column.name!r} with {error}, or name it in `categorical`",
            ) from error
        return np.array([writing.number(cell) for cell in given], "float64")

    def _floats(self, column: pd.Series, keys: Sequence[Hashable]) -> np.ndarray:
        given = np.array([not is_missing(cell) for cell in column], bool)
        if pd.api.types.is_numeric_dtype(column):
            read = column.to_numpy("float64", na_value=np.nan)
        else:
            read = np.full(len(column), np.nan)
            read[given] = self._read(column, column[given].tolist())
        wrong = given & ~(np.abs(read) <= LARGEST)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            cell = column.iloc[row]
            raise ValueError(
                "`numeric` must name columns of finite numbers. "
                f"Received: {repr(cell) if isinstance(cell, str) else cell} in row {keys[row]!r} "
                f"of column {column.name!r}"
            )
        return read


def _names(columns: str | Sequence[str] | None) -> list[str]:
    return [columns] if isinstance(columns, str) else list(columns or ())


def _is_numeric(column: pd.Series) -> bool:
    types = pd.api.types
    return bool(types.is_numeric_dtype(column) and not types.is_bool_dtype(column))


def _written(columns: Sequence[pd.Series], rows: int) -> np.ndarray:
    """Return numbers as their file has them, `(rows, columns)`, empty where they are missing."""
    cells = [column.fillna("").to_numpy(object) for column in columns]
    return np.array(cells, object).reshape(-1, rows).T


def _categories(column: pd.Series, keys: Sequence[Hashable]) -> list[str]:
    """Return cells as text, empty where they are missing."""
    names = []
    for key, cell in zip(keys, column.tolist(), strict=True):
        try:
            names.append("" if is_missing(cell) else class_name(cell))
        except UnicodeDecodeError:
            raise ValueError(
                "`categorical` must name columns of names, numbers, or bytes in UTF-8. "
                f"Received: {cell!r} in row {key!r} of column {column.name!r}"
            ) from None
    return names
