"""Series in files: CSV, TSV or Parquet, with a row for each step."""

import os
import re
import warnings
import zlib
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from keras_multimodal.data.column.delimited_text import DelimitedText
from keras_multimodal.data.column.files import file_problem
from keras_multimodal.data.column.keyed_files import KeyedFiles
from keras_multimodal.data.column.missing_files import why_missing
from keras_multimodal.data.column.text_file import TextFile
from keras_multimodal.data.sensor.reading import numbers
from keras_multimodal.data.sensor.times import seconds
from keras_multimodal.schema.number_writing import NumberWriting, find_writing

# What columns of times are called in some languages, as measurements may be.
_TIMES = re.compile(
    r"(date|datum|data|дата|日期)?[ _/-]?"
    r"(times?|uhrzeit|zeit|hora|heure|tijd|tid|orario|время|时间|時間|時刻|시간)"
    r"|time[ _-]?stamp|zeitstempel|zeitpunkt|horodatage|时间戳|時間戳"
    r"|date|datum|fecha|дата|日期|日時|t|secs?|seconds?|sekunden?",
    re.IGNORECASE,
)

# What pandas and the decompressors beneath it raise on files that aren't what their names say.
_SPOILED = (OSError, ValueError, EOFError, zlib.error, pd.errors.ParserWarning)
_NUMBER = r"\s*[-+]?[\d.,' ]*\d(?:[eE][-+]?\d+)?\s*"
_NUMBER_OR_TIME = re.compile(r"\s*[+-]?\.?\d[\d\s:.,/+TZeE-]*|\s*nan\s*", re.IGNORECASE)


class Series(NamedTuple):
    """A series in a file: its channels, values, times and labels, and the encoding of a text."""

    channels: list[str]
    values: np.ndarray
    times: np.ndarray | None
    labels: np.ndarray | None
    text: TextFile | None


def read_series(
    path: str,
    channels: Sequence[str] | None,
    time: str | None,
    label: str | None,
    encoding: str | None = None,
    decimal: str | None = None,
) -> Series:
    """Return the series in a CSV, TSV or Parquet file.

    A first line of nothing but numbers and times is the first step; the columns are then called
    "0", "1" and so on. A line "0", "1", ... in this order is one of names. Where no commas stand
    between the cells, they may stand before decimals.

    Args:
        path: The file.
        channels: The columns of measurements; all the others by default.
        time: The column of times, if there is one.
        label: The column of labels, if there is one.
        encoding: The encoding of a file that is no UTF-8. Default `None`: as its bytes show.
        decimal: The sign before the decimals. Default `None`: as the cells show.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If it cannot be read, lacks a column or holds what is no finite number.
    """
    others = [name for name in (time, label) if name is not None]
    frame, layout = _read(path, [*(channels or ()), *others], encoding)
    names = [str(name) for name in frame.columns if name not in others]
    if channels is not None:
        names = list(channels)
    missing = sorted({*names, *others} - set(frame.columns))
    if missing or not names:
        raise ValueError(
            f"it must have {f'the columns {missing}' if missing else 'columns of channels'}. "
            f"Received: {list(frame.columns)}"
        )
    measured = [*names, *([] if time is None else [time])]
    frame = _with_points(frame, measured, path, [*(channels or ()), *others], layout, decimal)
    values = np.stack([numbers(frame[name]) for name in names], 1)
    return Series(
        names,
        values,
        None if time is None else seconds(frame[time]),
        None if label is None else frame[label].to_numpy(object),
        None if layout is None else layout.file,
    )


class SeriesOfRows(NamedTuple):
    """The series of a column's files: one for each row, and why some cannot be read, by key."""

    channels: Sequence[str] | None
    series: list[np.ndarray | None]
    labels: list[Any]
    unreadable: dict[Hashable, str]


def read_files(
    files: KeyedFiles,
    channels: Sequence[str] | None,
    read: Callable[[str, Sequence[str] | None], Series],
    arrange: Callable[..., tuple[np.ndarray, Any]],
    strict: bool,
) -> SeriesOfRows:
    """Return the series of files, and warn where an encoding had to be guessed.

    Args:
        files: The files.
        channels: The columns of measurements; those of the first file that can be read by default.
        read: What reads a file with these channels.
        arrange: What brings values, times and labels of a row into their order; it gets its key,
            and what the message is to call it.
        strict: Whether a file that cannot be read is an error.

    Raises:
        FileNotFoundError: If a file is missing; it names the row.
        ValueError: If a file cannot be read. The message names file and row.
    """
    series: list[np.ndarray | None] = [None] * len(files.paths)
    labels: list[Any] = [None] * len(files.paths)
    unreadable: dict[Hashable, str] = {}
    guesses: list[str] = []
    for row, (key, path) in enumerate(zip(files.keys, files.paths, strict=True)):
        if not path:
            continue
        try:
            found = read(path, channels)
            series[row], labels[row] = arrange(found.values, found.times, found.labels, key, "it")
            channels = found.channels
            if found.text is not None and found.text.guessed:
                guesses.append(found.text.note)
            continue
        except FileNotFoundError:
            reason = f"{path!r} {why_missing(path)}"
            if strict:
                raise FileNotFoundError(
                    f"{path!r} (row {key!r}) {why_missing(path)}. Correct the name, or "
                    "empty the cell."
                ) from None
        except ValueError as error:
            reason = f"{path!r} cannot be read: {error}"
            if strict:
                raise ValueError(
                    f"{path!r} (row {key!r}) cannot be read: {error}. Correct the file, "
                    'empty the cell, or go on without with on_error="mask" or "drop".'
                ) from error
        # A key that repeats may have several.
        earlier = f"{unreadable[key]}; " if key in unreadable else ""
        unreadable[key] = earlier + reason
    if guesses:
        others = f", and {len(guesses) - 1} other files as well" if guesses[1:] else ""
        warnings.warn(f"{guesses[0]}{others}.", stacklevel=3)
    return SeriesOfRows(channels, series, labels, unreadable)


class StepTimes(NamedTuple):
    """The times of a file's steps.

    Args:
        column: The column that holds them.
        interval: The median time between steps, in seconds.
    """

    column: str
    interval: float


def find_times(
    path: str,
    channels: Sequence[str] = (),
    encoding: str | None = None,
    decimal: str | None = None,
) -> StepTimes | None:
    """Return which column of a file holds its times, `None` where there is none.

    It is called so, as `time` or `Timestamp`, or holds dates; and each of its times is there once.

    Args:
        path: The file.
        channels: The columns that are known to be measurements.
        encoding: The encoding of a file that is no UTF-8. Default `None`: as its bytes show.
        decimal: The sign before the decimals. Default `None`: as the cells show.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If it cannot be read.
    """
    frame, layout = _read(path, channels, encoding)
    frame = _with_points(frame, list(frame.columns), path, channels, layout, decimal)
    for name in frame.columns:
        column = frame[name]
        if name in channels or len(column) < 2:
            continue
        numeric = pd.to_numeric(column, errors="coerce").notna().any()
        if numeric and not _TIMES.fullmatch(str(name).strip()):
            continue
        try:
            times = np.sort(seconds(column))
        except ValueError:
            continue  # if it is no measurement either, whoever reads the file says so
        if np.isfinite(times).all() and (np.diff(times) > 0).all():
            return StepTimes(str(name), float(np.median(np.diff(times))))
    return None


def _read(
    path: str, expected: Sequence[str], encoding: str | None, dtype: type | None = None
) -> tuple[pd.DataFrame, DelimitedText | None]:
    problem = file_problem(path)
    if problem:
        raise ValueError(f"it {problem}")
    try:
        if os.path.splitext(path)[1].lower() == ".parquet":
            return pd.read_parquet(path), None
        layout = DelimitedText.find(path, otherwise=encoding)
        # A row longer than the header would else have its first field taken for a label.
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            options: dict[str, Any] = {"index_col": False, **layout.options}
            first = pd.read_csv(path, header=None, nrows=1, dtype="string", **options)
            places = [str(place) for place in range(first.shape[1])]
            if _is_step(first.iloc[0].dropna().tolist(), places, expected):
                options |= {"header": None, "names": places}
            return pd.read_csv(path, dtype=dtype, **options), layout
    except FileNotFoundError:
        raise
    except _SPOILED as error:
        raise ValueError(str(error)) from error


def _with_points(
    frame: pd.DataFrame,
    columns: Sequence[str],
    path: str,
    expected: Sequence[str],
    layout: DelimitedText | None,
    decimal: str | None,
) -> pd.DataFrame:
    """Return a file's frame with numbers where columns have some with decimal commas."""
    if layout is None or layout.separator == ",":
        return frame
    if not any(_has_commas(frame[name]) for name in columns):
        return frame
    # Read anew as text, since beside decimal commas a point parts thousands.
    text, _ = _read(path, expected, layout.file.encoding, dtype=str)
    return frame.assign(**_numbers_with_commas(text[list(columns)], decimal))


def _has_commas(column: pd.Series) -> bool:
    """Return whether a column is of numbers, of which some have commas."""
    if pd.api.types.is_numeric_dtype(column):
        return False
    cells = column.dropna().map(str)
    return bool(cells.str.fullmatch(_NUMBER).all() and cells.str.contains(",").any())


def _numbers_with_commas(frame: pd.DataFrame, decimal: str | None) -> dict[str, pd.Series]:
    """Return the columns that hold numbers alone, read by the one sign that a file has."""
    columns = {
        str(name): cells
        for name, cells in frame.items()
        if cells.dropna().str.fullmatch(_NUMBER).all()
    }
    given = [cell for cells in columns.values() for cell in cells.dropna()]
    writing = find_writing(given, decimal) or NumberWriting(decimal or ",")
    found = {name: cells.map(writing.number).astype("float64") for name, cells in columns.items()}
    for name, cells in columns.items():
        wrong = cells[found[name].isna() & cells.notna()]
        if len(wrong):
            raise ValueError(
                f"column {name!r} must hold numbers {writing}. Received: "
                f"{wrong.iloc[0]!r} in row {wrong.index.tolist()[0]!r}"
            )
    return found


def _is_step(cells: Sequence[str], places: Sequence[str], expected: Sequence[str]) -> bool:
    """Return whether a file's first line is its first step, and no line of names."""
    named = set(expected) <= set(cells) if expected else list(cells) == list(places)
    return not named and all(_NUMBER_OR_TIME.fullmatch(cell) for cell in cells)
