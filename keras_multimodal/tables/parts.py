"""The rows of a table as training, validation and test rows."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping

import pandas as pd

from keras_multimodal._options import TableOptions
from keras_multimodal.data import Records
from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.errors import ArgumentError
from keras_multimodal.tables.table import Table

_PARTS = ("training", "validation", "test")
# What tables call them.
_CALLED = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    "test": "test",
}
_GROUPS = 5  # that are named
_VALIDATION, _TEST = 0.15, 0.15  # shares of the rows


@dataclasses.dataclass(frozen=True)
class Parts:
    """Training, validation and test rows.

    `str` is what the command line prints of them.

    Args:
        records: The rows, by `"training"`, `"validation"` and `"test"`.
        groups: The groups of each part; empty where rows have none.
        group: The column of groups as the user has it, or `None`.

    Example:

    >>> import pandas as pd
    >>> from keras_multimodal.tables import Table, TableOptions, prepare
    >>> frame = pd.DataFrame({"x": [1.5, 2.5, 3.5, 4.5] * 10, "sort": ["a", "a", "b", "b"] * 10})
    >>> prepared = prepare(Table.from_dataframe(frame), TableOptions(target="sort"))
    >>> print(prepared.parts)
    28 training, 6 validation, 6 test rows
    """

    records: Mapping[str, Records]
    groups: Mapping[str, tuple[object, ...]]
    group: str | None

    def __str__(self) -> str:
        lines = [", ".join(f"{len(rows)} {name}" for name, rows in self.records.items()) + " rows"]
        for name, groups in self.groups.items():
            lines.append(f"  {name}: {self.group} {name_keys(groups, _GROUPS)}")
        return "\n".join(lines)


def split(records: Records, table: Table, options: TableOptions) -> Parts:
    """Return training, validation and test rows.

    Args:
        records: The rows.
        table: The table, for the columns of parts and groups.
        options: Which column says the parts, and which the groups.

    Raises:
        ValueError: If a part, or a class of the training part, would have no row.
    """
    parts = dict(zip(_PARTS, _split(records, table, options), strict=True))
    groups: dict[str, tuple[object, ...]] = {}
    if options.group is not None:
        column = table.frame[table.column(options.group, "group")]
        groups = {name: tuple(dict.fromkeys(column.loc[rows.keys])) for name, rows in parts.items()}
    return Parts(parts, groups, options.group)


def _split(records: Records, table: Table, options: TableOptions) -> tuple[Records, ...]:
    groups = None
    if options.group is not None:
        groups = table.frame.loc[records.keys, table.column(options.group, "group")]
    if options.split is None:
        with _errors_of_the_table():
            return records.split(
                validation=_VALIDATION, test=_TEST, seed=options.seed, groups=groups
            )
    part = _part_of(table.frame.loc[records.keys, table.column(options.split, "split")], options)
    with _errors_of_the_table():
        if set(part) == {"train", "test"}:
            learning, _ = records.split_by(part, ("train", "test"))
            groups = None if groups is None else groups.loc[learning.keys]
            drawn = learning.split(validation=_VALIDATION, seed=options.seed, groups=groups)[1]
            part = part.where(~part.index.isin(drawn.keys), "validation")
        return records.split_by(part)


@contextlib.contextmanager
def _errors_of_the_table() -> Iterator[None]:
    """Let errors of `Records` speak of the table, which is what the user gave."""
    try:
        yield
    except ArgumentError as error:
        if error.argument not in ("split", "parts"):
            raise
        raise error.renamed("table") from error


def _part_of(cells: pd.Series, options: TableOptions) -> pd.Series:
    """Return the rows' parts by one name each."""
    parts = cells.map(lambda cell: _CALLED.get(str(cell).strip().lower()))
    unknown = cells[parts.isna()]
    if len(unknown):
        raise ArgumentError(
            "split",
            "must name a column of train, validation (or val, valid, dev) and test. Received: "
            f"{options.split!r} with {unknown.iloc[0]!r} in row {unknown.index[0]}, and "
            f"{len(unknown)} such rows in all",
        )
    lacking = {"train", "test"} - set(parts)
    if lacking:
        raise ArgumentError(
            "split",
            "must name a column with rows of train and of test. Received: "
            f"{options.split!r} with none of {' and '.join(sorted(lacking))}",
        )
    return parts
