"""The description of a table's columns."""

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from keras_multimodal.schema._statistics import check_clip, check_statistics
from keras_multimodal.schema.kinds import register_modality
from keras_multimodal.schema.modality import Modality


@register_modality
@dataclasses.dataclass(frozen=True, kw_only=True)
class Tabular(Modality):
    """The columns of a table's row: numbers and categories.

    A batch has `<name>`, `(batch, numeric)` float32, if there are numeric columns;
    `<name>_categories`, `(batch, categorical)` int32, if there are categorical ones: 0 is missing,
    1 a category not seen in training; and `<name>_mask`, `(batch, numeric + categorical)`, True
    where a cell is there. Each number is `(value - mean) / std` of its column; a missing one is 0.

    Args:
        name: The input's name.
        optional: Whether a row may lack every column.
        numeric: Names of the numeric columns.
        categorical: Names of the categorical columns.
        mean: Subtracted from the numbers, one for each numeric column; empty until learned.
        std: Divides what is left, one for each numeric column; empty until learned.
        categories: The categories of each categorical column, without missing and unknown; empty
            until learned.
        float64: Names of the numeric columns whose digits float32 would lose, such as seconds since
            1970; the exported model takes these as float64.
        clip: Up to this many standard deviations numbers are as they are; those that are further
            off count as nearer, by `2 clip - clip^2 / |number|`, so that none is above `2 clip`.
            `None`, as in older files, leaves them all.

    Raises:
        TypeError: If `numeric` or `categorical` is a string.
        ValueError: If no column is named, one is named twice, or a name is no text; if the
            statistics, categories or names of `float64` do not fit the columns; or if `clip` is
            not above 0.

    Example:

    >>> sorted(Tabular(numeric=("age", "income"), categorical=("town",)).tensors)
    ['table', 'table_categories', 'table_mask']
    """

    kind: ClassVar[str] = "table"
    unwritten: ClassVar[Mapping[str, object]] = {"clip": None}

    name: str = "table"
    numeric: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    categories: tuple[tuple[str, ...], ...] = ()
    float64: tuple[str, ...] = ()
    clip: float | None = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("numeric", "categorical"):
            if isinstance(getattr(self, field), str):
                raise TypeError(
                    f"`{field}` must be a tuple of names. "
                    f"Received: {field}={getattr(self, field)!r}"
                )
        columns = self.columns
        if not columns or len(set(columns)) < len(columns):
            raise ValueError(
                "`numeric` and `categorical` must name at least one column, and none twice. "
                f"Received: numeric={self.numeric}, categorical={self.categorical}"
            )
        wrong = [c for c in columns if not (isinstance(c, str) and c.strip())]
        if wrong:
            raise ValueError(
                "`numeric` and `categorical` must be texts that are not empty, since they name the "
                f"exported model's inputs; rename {wrong}"
            )
        check_statistics(self, len(self.numeric), "numeric column")
        check_clip(self.clip)
        if not set(self.float64) <= set(self.numeric):
            raise ValueError(
                f"`float64` must name numeric columns, of {self.numeric}. "
                f"Received: float64={self.float64}"
            )
        if len(self.categories) not in (0, len(self.categorical)):
            raise ValueError(
                f"`categories` must have a list for each of the {len(self.categorical)} "
                f"categorical columns, or be empty. Received: {len(self.categories)} lists"
            )
        empty = [n for n, c in zip(self.categorical, self.categories, strict=False) if not c]
        if empty:
            raise ValueError(
                "`categories` must have at least one category for each categorical column. "
                f"Received: none for {empty}"
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order of the mask: the numeric ones, then the categorical ones."""
        return self.numeric + self.categorical

    @property
    def categories_name(self) -> str:
        """The name of the tensor that holds the categories' ids."""
        return f"{self.inner_name}_categories"

    @property
    def category_counts(self) -> tuple[int, ...]:
        """The number of different ids of each categorical column, missing and unknown included."""
        return tuple(len(categories) + 2 for categories in self.categories)

    @property
    def shape(self) -> tuple[int, ...]:
        """`(numeric,)`."""
        return (len(self.numeric),)

    @property
    def tensors(self) -> dict[str, tuple[tuple[int, ...], str]]:
        """Shape and dtype of the numbers, the categories, the mask and the presence flag."""
        tensors: dict[str, tuple[tuple[int, ...], str]] = {}
        if self.numeric:
            tensors[self.inner_name] = (self.shape, self.dtype)
        if self.categorical:
            tensors[self.categories_name] = ((len(self.categorical),), "int32")
        tensors[self.mask_name] = ((len(self.columns),), "bool")
        if self.optional:
            tensors[self.present_name] = ((), "bool")
        return tensors
