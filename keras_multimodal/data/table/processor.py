"""The columns of a frame as one modality."""

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from keras_multimodal.data.column.cells import frame_column, frame_keys
from keras_multimodal.data.column.frames import as_frame
from keras_multimodal.data.table.column import TableColumns
from keras_multimodal.schema import Tabular
from keras_multimodal.schema.column_kind import class_name
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.types import Frame


class TableProcessor:
    """Makes columns of a table: numbers are standardised, categories numbered, gaps masked.

    Example:

    >>> frame = pd.DataFrame({"age": [20, None], "town": ["Ulm", "Bonn"], "vip": [True, False]})
    >>> column = TableProcessor().from_dataframe(frame)
    >>> column.spec.numeric, column.spec.categorical
    (('age',), ('town', 'vip'))
    """

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
                that `numeric` or `categorical` names; booleans are categories. If none of the three
                is given, all of the frame's.
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
        dataframe = as_frame(dataframe, key)
        numbers, categories = _names(numeric), _names(categorical)
        others = _names(column)
        if column is None and numeric is None and categorical is None:
            others = [each for each in dataframe.columns if each != key]
        for each in others:
            if each not in [*numbers, *categories]:
                cells = frame_column(dataframe, each, "column")
                (numbers if _is_numeric(cells) else categories).append(each)
        spec = Tabular(
            name=Tabular.name if name is None else name,
            optional=optional,
            numeric=tuple(numbers),
            categorical=tuple(categories),
        )
        keys = frame_keys(dataframe, key)
        floats = [_floats(frame_column(dataframe, each, "numeric"), keys) for each in spec.numeric]
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
        )


def _names(columns: str | Sequence[str] | None) -> list[str]:
    return [columns] if isinstance(columns, str) else list(columns or ())


def _is_numeric(column: pd.Series) -> bool:
    types = pd.api.types
    return bool(types.is_numeric_dtype(column) and not types.is_bool_dtype(column))


def _floats(column: pd.Series, keys: Sequence[Hashable]) -> np.ndarray:
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
