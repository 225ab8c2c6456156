"""The columns of a table: what each is, and what reads it."""

import dataclasses
import os
import statistics
from collections.abc import Callable, Hashable, Sequence

import numpy as np

from keras_multimodal import data
from keras_multimodal._options import TableOptions
from keras_multimodal.data.audio.length import recording_seconds
from keras_multimodal.data.column.column import Column
from keras_multimodal.data.sensor.series_files import StepTimes, find_times
from keras_multimodal.data.text.words import joined_words
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import ColumnKind, Schema, Sensor
from keras_multimodal.schema.cell_looks import are_codes
from keras_multimodal.schema.column_kind import UNKNOWN, find_kinds, left_out, unknown_kinds
from keras_multimodal.schema.infer import tabular_name
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.schema.number_writing import UntoldWriting, find_writing
from keras_multimodal.schema.text import text_length, text_split
from keras_multimodal.tables.cells import tabular_cells
from keras_multimodal.tables.table import Table
from keras_multimodal.types import Cell

_LONGEST = 10.0  # seconds
_USUAL = 5.0  # seconds, where no length can be told
_PROBED = 200  # recordings whose length is asked
_PROBED_SERIES = 20  # files whose times are looked for
IN_FILES = ("image", "audio", "sensor")
_TABULAR = ("number", "category")


def column_kinds(table: Table, options: TableOptions, strict: bool = True) -> list[ColumnKind]:
    """Return what each column is: as the options say, else as its cells do.

    Args:
        table: The table.
        options: The options.
        strict: Whether a column whose kind cannot be told is an error. Default True; else it is
            ignored, and says so.

    Raises:
        ArgumentError: If an option names no column, a kind cannot be told, or nothing is left.
    """
    named = {table.column(column, option): kind for option, column, kind in options.named_columns()}
    tabular = [table.column(column, "tabular") for column in options.tabular]
    target = [] if options.target is None else [table.column(options.target, "target")]
    if options.only:
        others = set(table.frame.columns) - set(named) - set(tabular) - set(target)
        named.update(dict.fromkeys(others, "ignore"))
    for column in tabular:
        named[column] = "number" if _are_numbers(table, column, options) else "category"
    found = find_kinds(table.frame, named, target, options.decimal, table.untyped)
    unknown = [each for each in found if each.kind == UNKNOWN]
    if unknown and strict:
        raise ArgumentError(
            "table",
            f"{unknown_kinds(unknown)}. Say what they are: `text`, `tabular` or `ignore`, or `key` "
            "or `group` where a column names the rows or what they belong to",
        )
    found = [left_out(each) for each in found]
    if all(each.kind == "ignore" for each in found):
        raise ArgumentError(
            "table",
            "must have a column beside the target that something can be learned of. Received: "
            + "; ".join(map(str, found)),
        )
    steering = {table.column(column, option): option for option, column in options.steering}
    return [
        dataclasses.replace(each, reason=f"named by `{steering[each.column]}`")
        if each.column in steering and each.kind == "ignore"
        else each
        for each in found
    ]


def modalities(kinds: Sequence[ColumnKind]) -> list[str]:
    """Return the names of the modalities that columns make: numbers and categories are one.

    Args:
        kinds: What the columns are.
    """
    tabular = tabular_modality(kinds)
    names = [
        tabular if each.kind in _TABULAR else each.column for each in kinds if each.kind != "ignore"
    ]
    return list(dict.fromkeys(names))


def tabular_modality(kinds: Sequence[ColumnKind]) -> str:
    """Return the name of the modality that numbers and categories make together.

    Args:
        kinds: What the columns are.
    """
    others = [each.column for each in kinds if each.kind not in (*_TABULAR, "ignore")]
    return tabular_name(others)


def make_columns(
    table: Table, kinds: Sequence[ColumnKind], options: TableOptions, schema: Schema | None = None
) -> list[Column]:
    """Return a column of each modality, its rows by number.

    Args:
        table: The table.
        kinds: What its columns are.
        options: How they are read.
        schema: What has been learned of other rows, which then holds. Default `None`.

    Raises:
        ArgumentError: If nothing here reads a column of its kind.
        ValueError: If a cell cannot be what its column is said to be; it names the row.
    """
    for each in kinds:
        if each.kind not in (*_MAKERS, *_TABULAR, "ignore"):
            raise ArgumentError(
                "table",
                f"must have columns of kinds that are read here, {sorted(_MAKERS)}, numbers and "
                f"categories. Received: {table.names[each.column]!r} of kind {each.kind!r}; make "
                "its column yourself, and join it with data.pair",
            )
    columns = []
    for each in kinds:
        if each.kind in _MAKERS:
            inside, outside = _confined(table, each)
            column = _MAKERS[each.kind](inside, each.column, options, schema)
            column.unreadable = {**column.unreadable, **outside}
            columns.append(column)
    numeric = [each.column for each in kinds if each.kind == "number"]
    categorical = [each.column for each in kinds if each.kind == "category"]
    if numeric or categorical:
        columns.append(
            data.TableProcessor().from_dataframe(
                tabular_cells(table, kinds, schema),
                numeric=numeric,
                categorical=categorical,
                name=tabular_modality(kinds),
            )
        )
    if schema is None:
        return columns
    return [column.with_spec(schema[column.spec.name]) for column in columns]


def _confined(table: Table, kind: ColumnKind) -> tuple[Table, dict[Hashable, str]]:
    """Return the table without files that must not be read, and why, by row."""
    if table.confined_to is None or kind.kind not in IN_FILES:
        return table, {}
    cells = table.frame[kind.column]
    named = [isinstance(cell, (str, os.PathLike)) and table.is_outside(cell) for cell in cells]
    refused = cells[named]
    why = f"leads out of {str(table.confined_to)!r}, to which `confine` holds"
    reasons = {row: f"{os.fspath(cell)!r} {why}" for row, cell in refused.items()}
    frame = table.frame.assign(**{kind.column: cells.mask(cells.index.isin(refused.index))})
    return dataclasses.replace(table, frame=frame), reasons


def _images(table: Table, column: str, options: TableOptions, schema: Schema | None) -> Column:
    maker = data.ImageStream(
        rescale=1 / 255, width_shift_range=0.05, height_shift_range=0.05, zoom_range=0.1
    )
    return maker.from_dataframe(
        table.frame,
        column,
        table.directory,
        target_size=(options.image_size, options.image_size),
        interpolation="bilinear",
        validate_filenames=False,
        name=column,
    )


def _texts(table: Table, column: str, options: TableOptions, schema: Schema | None) -> Column:
    cells = table.frame[column].map(joined_words)
    strings = cells.map(lambda cell: "" if is_missing(cell) else str(cell))
    split = text_split(strings.tolist())
    length = text_length(strings.tolist(), split)
    maker = data.TextProcessor(length=length, split=split, word_dropout=0.1)
    return maker.load_data(strings.to_dict(), name=column)


def _recordings(table: Table, column: str, options: TableOptions, schema: Schema | None) -> Column:
    seconds = options.duration or _seconds(table, column)
    maker = data.AudioStream(
        options.sample_rate, duration=seconds, normalize="peak", time_shift=seconds / 20
    )
    return maker.from_dataframe(
        table.frame,
        column,
        table.directory,
        validate_filenames=False,
        name=column,
    )


def _series(table: Table, column: str, options: TableOptions, schema: Schema | None) -> Column:
    cells = table.frame[column]
    known = None if schema is None else schema[column]
    known = known if isinstance(known, Sensor) else None
    length = None if known is None else known.length
    if any(isinstance(cell, str) and cell.strip() for cell in cells):
        times = _times(table, column, () if known is None else known.channels, options)
        if known is not None:
            rate = known.sample_rate
        else:
            rate = None if times is None else 1 / times.interval
        return data.SensorProcessor(length=length, sample_rate=rate).from_dataframe(
            table.frame,
            column,
            directory=table.directory,
            channels=None if known is None else known.channels,
            # Without one, a file lacks what those of training had, and is not read.
            time=None if rate is None else "time" if times is None else times.column,
            on_error="mask",
            encoding=table.encoding,
            decimal=options.decimal,
            name=column,
        )
    maker = data.SensorProcessor(length=length)
    arrays = {row: None if _lacks(cell) else _steps(cell) for row, cell in cells.items()}
    return maker.load_arrays(arrays, name=column)


# What reads a column of a kind; numbers and categories are read together.
_MAKERS: dict[str, Callable[[Table, str, TableOptions, Schema | None], Column]] = {
    "image": _images,
    "text": _texts,
    "audio": _recordings,
    "sensor": _series,
}


def _are_numbers(table: Table, column: str, options: TableOptions) -> bool:
    """Return whether nine of ten cells of numbers or categories are numbers, and no codes."""
    cells = [cell for cell in table.frame[column].tolist() if not is_missing(cell)]
    if are_codes([str(cell) for cell in cells]):
        return False
    try:
        return find_writing(cells, options.decimal) is not None
    except UntoldWriting:
        return True  # which is told when they are read


def _lacks(cell: Cell) -> bool:
    return is_missing(cell) if np.ndim(cell) == 0 else not len(cell)


def _steps(cell: Cell) -> np.ndarray:
    """Return a list of numbers, or of lists of them, as `(steps, channels)`."""
    steps = np.asarray([np.asarray(step, "float64") for step in cell])
    return steps[:, None] if steps.ndim == 1 else steps


def _times(
    table: Table, column: str, channels: Sequence[str], options: TableOptions
) -> StepTimes | None:
    """Return the column of times that most files of series have, and their median interval."""
    found: list[StepTimes] = []
    for path in _probed(table, column, _PROBED_SERIES):
        try:
            times = find_times(path, channels, table.encoding, options.decimal)
        except (OSError, ValueError):
            continue  # the row says so when it is read
        found += [] if times is None else [times]
    if not found:
        return None
    names = [times.column for times in found]
    name = max(names, key=names.count)
    intervals = [times.interval for times in found if times.column == name]
    return StepTimes(name, statistics.median(intervals))


def _seconds(table: Table, column: str) -> float:
    """Return the length of the longest recording that can be read, at most 10 seconds."""
    asked = map(recording_seconds, _probed(table, column, _PROBED))
    found = [seconds for seconds in asked if seconds]
    return min(max(found), _LONGEST) if found else _USUAL


def _probed(table: Table, column: str, most: int) -> list[str]:
    """Return some of a column's files, from all over the table: it may be sorted."""
    cells = [cell for cell in table.frame[column].tolist() if not is_missing(cell)]
    step = -(-len(cells) // most) or 1
    return [os.path.join(table.directory, str(cell)) for cell in cells[::step]]
