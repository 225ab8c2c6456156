"""Series in files: CSV, TSV or Parquet, with a row for each step."""

import os
import re
import warnings
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from keras_multimodal.data.column.delimited_text import separator
from keras_multimodal.data.column.files import file_problem
from keras_multimodal.data.sensor.reading import numbers
from keras_multimodal.data.sensor.times import seconds

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
_NUMBER_OR_TIME = re.compile(r"\s*[+-]?\.?\d[\d\s:.,/+TZeE-]*|\s*nan\s*", re.IGNORECASE)


def read_series(
    path: str, channels: Sequence[str] | None, time: str | None, label: str | None
) -> tuple[list[str], np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Return the series in a CSV, TSV or Parquet file: its channels, values, times and labels.

    A first line of nothing but numbers and times is the first step; the columns are then called
    "0", "1" and so on. A line "0", "1", ... in this order is one of names.

    Args:
        path: The file.
        channels: The columns of measurements; all the others by default.
        time: The column of times, if there is one.
        label: The column of labels, if there is one.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If it cannot be read, lacks a column or holds what is no finite number.
    """
    others = [name for name in (time, label) if name is not None]
    frame = _read(path, [*(channels or ()), *others])
    names = [str(name) for name in frame.columns if name not in others]
    if channels is not None:
        names = list(channels)
    missing = sorted({*names, *others} - set(frame.columns))
    if missing or not names:
        raise ValueError(
            f"it must have {f'the columns {missing}' if missing else 'columns of channels'}. "
            f"Received: {list(frame.columns)}"
        )
    values = np.stack([numbers(frame[name]) for name in names], 1)
    return (
        names,
        values,
        None if time is None else seconds(frame[time]),
        None if label is None else frame[label].to_numpy(object),
    )


class StepTimes(NamedTuple):
    """The times of a file's steps.

    Args:
        column: The column that holds them.
        interval: The median time between steps, in seconds.
    """

    column: str
    interval: float


def find_times(path: str, channels: Sequence[str] = ()) -> StepTimes | None:
    """Return which column of a file holds its times, `None` where there is none.

    It is called so, as `time` or `Timestamp`, or holds dates; and each of its times is there once.

    Args:
        path: The file.
        channels: The columns that are known to be measurements.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If it cannot be read.
    """
    frame = _read(path, channels)
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


def _read(path: str, expected: Sequence[str]) -> pd.DataFrame:
    problem = file_problem(path)
    if problem:
        raise ValueError(f"it {problem}")
    try:
        if os.path.splitext(path)[1].lower() == ".parquet":
            return pd.read_parquet(path)
        # A row longer than the header would else have its first field taken for a label.
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            options: dict[str, Any] = {"index_col": False, "sep": separator(path)}
            first = pd.read_csv(path, header=None, nrows=1, dtype="string", **options)
            places = [str(place) for place in range(first.shape[1])]
            if _is_step(first.iloc[0].dropna().tolist(), places, expected):
                options |= {"header": None, "names": places}
            return pd.read_csv(path, **options)
    except FileNotFoundError:
        raise
    except _SPOILED as error:
        raise ValueError(str(error)) from error


def _is_step(cells: Sequence[str], places: Sequence[str], expected: Sequence[str]) -> bool:
    """Return whether a file's first line is its first step, and no line of names."""
    named = set(expected) <= set(cells) if expected else list(cells) == list(places)
    return not named and all(_NUMBER_OR_TIME.fullmatch(cell) for cell in cells)
