"""The times of steps as columns and files write them, in seconds."""

from collections.abc import Hashable

import numpy as np
import pandas as pd

from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.data.sensor.reading import numbers

# How dates are written, besides ISO 8601, in turn; and the time of the day behind them.
_DATES = ("%d.%m.%Y", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y年%m月%d日")
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_CLOCK = r"\d{1,3}:\d\d(:\d\d(\.\d+)?)?"
_LATEST = 1e11  # seconds; since 1970 that is in the year 5138


def seconds(column: pd.Series) -> np.ndarray:
    """Return the times of steps in seconds, NaN where there is none; dates count from the first.

    Dates are ISO 8601, or written as in 31.12.2024, 31/12/2024 or 12/31/2024, with the time of the
    day behind them. Those without a time zone are taken as UTC. Times of the day alone count from
    midnight.

    Args:
        column: Numbers of seconds, timestamps, or texts that are either.

    Raises:
        ValueError: If a cell is no time, may be read in two ways, or if times of the day go back.
    """
    if pd.api.types.is_timedelta64_dtype(column):
        return column.dt.total_seconds().to_numpy("float64")
    if not pd.api.types.is_datetime64_any_dtype(column):
        if pd.to_numeric(column, errors="coerce").notna().sum() == column.notna().sum():
            return _plausible(column, numbers(column))
        texts = column.astype("string").str.strip().str.replace(r"(?<=:\d\d),", ".", regex=True)
        if texts.dropna().str.fullmatch(_CLOCK).all():
            return _time_of_day(column, texts)
        column = _moments(column, texts)
    return (column - column.min()).dt.total_seconds().to_numpy("float64")


def check_times(times: np.ndarray, count: int, key: Hashable, source: str) -> None:
    """Refuse times that are missing, infinite or repeated."""
    if times.shape != (count,):
        raise ValueError(
            f"{source} must have a time for each step. "
            f"Received: {times.shape} times for the {count} steps of row {key!r}"
        )
    wrong = times[~np.isfinite(times)]
    if len(wrong):
        raise ValueError(
            f"{source} must have a time for each step. Received: {wrong[0]} in row {key!r}"
        )
    unique, counts = np.unique(times, return_counts=True)
    if (counts > 1).any():
        repeated = unique[counts > 1].tolist()
        raise ValueError(
            f"{source} must have each time once. "
            f"Received: {name_keys(repeated)} s more than once in row {key!r}"
        )


def _plausible(column: pd.Series, found: np.ndarray) -> np.ndarray:
    """Return seconds; refuse what are milliseconds since 1970 or less."""
    if len(found) and np.nanmax(np.append(np.abs(found), 0)) > _LATEST:
        raise ValueError(
            f"column {column.name!r} must hold times in seconds. Received: "
            f"{column.tolist()[0]!r}, which looks like milliseconds, or less, since 1970. Divide "
            "the times by 1000, or by what it takes."
        )
    return found


def _time_of_day(column: pd.Series, texts: pd.Series) -> np.ndarray:
    whole = texts.where(texts.str.count(":") > 1, texts + ":00")
    found = pd.to_timedelta(whole).dt.total_seconds().to_numpy("float64")
    back = np.flatnonzero(np.diff(found) < 0)
    if len(back):
        earlier, later = column.iloc[back[0]], column.iloc[back[0] + 1]
        raise ValueError(
            f"column {column.name!r} must hold times that do not go back, or dates with them. "
            f"Received: {later!r} behind {earlier!r}"
        )
    return found


def _moments(column: pd.Series, texts: pd.Series) -> pd.Series:
    there = texts.dropna()
    found = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce")
    if not found[there.index].isna().any():
        return found
    forms = [date + clock for date in _DATES for clock in _CLOCKS]
    fitting = [form for form in forms if _reads(there.iloc[:1], form)]
    fitting = [form for form in fitting if _reads(there, form)]
    if not fitting:
        wrong = there[found[there.index].isna()]
        raise ValueError(
            f"column {column.name!r} must hold times: seconds, or dates such as "
            "2024-12-31T23:59:00, all written alike. "
            f"Received: {wrong.iloc[0]!r} in row {wrong.index.tolist()[0]!r}"
        )
    ways = [pd.to_datetime(texts, format=form, utc=True) for form in fitting]
    if any(not (way - way.min()).equals(ways[0] - ways[0].min()) for way in ways[1:]):
        raise ValueError(
            f"column {column.name!r} must hold dates of which day and month can be told. "
            f"Received: {there.iloc[0]!r}, and no other date that tells. Write 2024-12-31."
        )
    return ways[0]


def _reads(texts: pd.Series, form: str) -> bool:
    return not pd.to_datetime(texts, format=form, utc=True, errors="coerce").isna().any()
