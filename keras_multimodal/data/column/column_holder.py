"""What is no column itself, and stands for one where columns are paired."""

import abc

from keras_multimodal.data.column.column import Column


class ColumnHolder(abc.ABC):
    """An object that holds a column, and may be given to `pair` in its place."""

    @property
    @abc.abstractmethod
    def column(self) -> Column:
        """The column."""


def held_column(given: Column | ColumnHolder) -> Column:
    """Return the column that stands behind an argument, or the argument where none does."""
    return given.column if isinstance(given, ColumnHolder) else given
