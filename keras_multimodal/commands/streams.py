"""The columns of a table as streams."""

import dataclasses
import math
import pathlib
import wave
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_multimodal import data
from keras_multimodal.commands.cells import columns_of
from keras_multimodal.commands.options import Options
from keras_multimodal.commands.table import Table
from keras_multimodal.data.column.column import Column
from keras_multimodal.schema import ColumnKind, Schema, column_kinds
from keras_multimodal.schema.column_kind import as_number
from keras_multimodal.schema.infer import text_length
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.types import Cell

_LONGEST = 10.0  # seconds
_USUAL = 5.0  # seconds, where no length can be told
_PROBED = 200  # recordings whose length is asked
_MOST = 0.9  # the share of the cells that must be numbers
TABLE = "table"  # the modality of the columns of numbers and categories


def decide(table: Table, options: Options, strict: bool = True) -> list[ColumnKind]:
    """Return what each column is: as the options say, else as its cells do.

    Args:
        table: The table.
        options: The options.
        strict: Whether a column whose kind cannot be told is an error. Default True; else it is
            ignored, and says so.

    Raises:
        ValueError: If an option names no column, a kind cannot be told, or nothing is left.
    """
    named = {
        table.column(column, f"--{option}"): kind
        for option, column, kind in options.named_columns()
    }
    tabular = [table.column(column, "--table") for column in options.table]
    target = [] if options.target is None else [table.column(options.target, "--target")]
    if options.only:
        others = set(table.frame.columns) - set(named) - set(tabular) - set(target)
        named.update(dict.fromkeys(others, "ignore"))
    for column in tabular:
        # Codes and numbers alike: where nine of ten are no numbers, they are categories.
        cells = [cell for cell in table.frame[column].tolist() if not is_missing(cell)]
        numbers = sum(not math.isnan(as_number(cell)) for cell in cells)
        named[column] = "number" if numbers >= _MOST * len(cells) else "category"
    on_unknown = "error" if strict else "ignore"
    try:
        found = column_kinds(table.frame, named, skip=target, on_unknown=on_unknown)
    except ValueError as error:
        raise ValueError(str(error).replace("`frame`", "The table")) from error
    if all(each.kind == "ignore" for each in found):
        raise ValueError(
            "The table must have a column beside the target that something can be learned of. "
            "Received: " + "; ".join(map(str, found))
        )
    steering = {table.column(column, f"--{option}"): option for option, column in options.steering}
    return [
        dataclasses.replace(each, reason=f"named by --{steering[each.column]}")
        if each.column in steering and each.kind == "ignore"
        else each
        for each in found
    ]


def make(
    table: Table, kinds: Sequence[ColumnKind], options: Options, schema: Schema | None = None
) -> list[Column]:
    """Return a stream for each modality, its rows by number.

    Args:
        table: The table.
        kinds: What its columns are.
        options: How they are read.
        schema: What has been learned of other rows, which then holds. Default `None`.

    Raises:
        ValueError: If a cell cannot be what its column is said to be; it names the row.
    """
    streams: list[Any] = []
    for each in kinds:
        if each.kind == "image":
            size = options.image_size
            images = data.ImageStream(
                rescale=1 / 255, width_shift_range=0.05, height_shift_range=0.05, zoom_range=0.1
            )
            streams.append(
                images.from_dataframe(
                    table.frame,
                    each.column,
                    table.directory,
                    target_size=(size, size),
                    interpolation="bilinear",
                    validate_filenames=False,
                    name=each.column,
                )
            )
        elif each.kind == "text":
            cells = table.frame[each.column]
            texts = data.TextProcessor(length=text_length(cells.tolist()), word_dropout=0.1)
            strings = cells.map(lambda cell: "" if is_missing(cell) else str(cell))
            streams.append(texts.load_data(strings.to_dict(), name=each.column))
        elif each.kind == "audio":
            seconds = options.duration or _seconds(table, each.column)
            sounds = data.AudioStream(
                options.sample_rate, duration=seconds, normalize="peak", time_shift=seconds / 20
            )
            streams.append(
                sounds.from_dataframe(
                    table.frame,
                    each.column,
                    table.directory,
                    validate_filenames=False,
                    name=each.column,
                )
            )
        elif each.kind == "sensor":
            streams.append(_series(table, each.column, schema))
    numeric = [each.column for each in kinds if each.kind == "number"]
    categorical = [each.column for each in kinds if each.kind == "category"]
    if numeric or categorical:
        cells = columns_of(table, kinds)
        streams.append(
            data.TableProcessor().from_dataframe(
                cells, numeric=numeric, categorical=categorical, name=TABLE
            )
        )
    if schema is None:
        return streams
    return [stream.with_spec(schema[stream.spec.name]) for stream in streams]


def _series(table: Table, column: str, schema: Schema | None) -> Any:
    cells = table.frame[column]
    length = None if schema is None else schema[column].shape[0]
    processor = data.SensorProcessor(length=length)
    if any(isinstance(cell, str) and cell.strip() for cell in cells):
        return processor.from_dataframe(
            table.frame, column, directory=table.directory, on_error="mask", name=column
        )
    arrays = {row: None if _lacks(cell) else _steps(cell) for row, cell in cells.items()}
    return processor.load_arrays(arrays, name=column)


def _lacks(cell: Cell) -> bool:
    return is_missing(cell) if np.ndim(cell) == 0 else not len(cell)


def _steps(cell: Cell) -> np.ndarray:
    """Return a list of numbers, or of lists of them, as `(steps, channels)`."""
    steps = np.asarray([np.asarray(step, "float64") for step in cell])
    return steps[:, None] if steps.ndim == 1 else steps


def _seconds(table: Table, column: str) -> float:
    """How long the longest recording is, of WAV files that can be read, at most 10 seconds."""
    found: list[float] = []
    for cell in table.frame[column].tolist():
        path = pathlib.Path(table.directory, str(cell))
        if len(found) == _PROBED or path.suffix.lower() != ".wav" or not path.is_file():
            continue
        try:
            with wave.open(str(path)) as file:
                found.append(file.getnframes() / file.getframerate())
        except (wave.Error, EOFError, ZeroDivisionError):
            continue  # reading it for training says what is wrong, and counts it
    return min(max(found), _LONGEST) if found else _USUAL
