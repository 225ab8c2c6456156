"""Series of measurements from arrays, long tables and files."""

import os
import warnings
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from keras_multimodal.data.cells import (
    as_frame,
    frame_column,
    frame_keys,
    is_missing,
    name_keys,
    string_cells,
)
from keras_multimodal.data.regular_grid import regular_grid
from keras_multimodal.data.sensor_augmentation import SensorAugmentation
from keras_multimodal.data.sensor_stream import SensorStream
from keras_multimodal.schema import Sensor


class SensorProcessor:
    """Streams of series of measurements, with gaps.

    Without `sample_rate` the steps are taken as they come. With it, and with times, each series is
    brought onto a grid of that rate.

    Args:
        length: Steps kept of each series. Defaults to those of the longest.
        sample_rate: Steps in a second, in Hz. Defaults to `None`.
        max_gap: A place of the grid between two measurements that are further apart than this many
            seconds is missing. Defaults to one and a half times a step of the grid or the series'
            own median interval, whichever is longer.
        interpolation: Between two measurements, `"linear"` draws a line, `"nearest"` takes the
            nearer. Defaults to `"linear"`.
        standardize: Subtract each channel's mean and divide by its standard deviation, both of the
            training rows. Defaults to `True`.
        indicators: Append a channel for each, 1 where its value is there. Defaults to `False`.
        jitter: See `SensorAugmentation`, as for the following.
        scaling: How far a channel's factor goes from 1.
        time_warp: How far a step may be moved, as a share of the length.
        channel_drop: Probability of taking a channel away.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> walks = {"a": np.ones((90, 3)), "b": np.zeros((120, 3))}
    >>> stream = SensorProcessor(length=100).load_arrays(walks, channels=["x", "y", "z"])
    >>> stream.spec.shape, stream.truncated
    ((100, 3), 1)
    """

    def __init__(
        self,
        length: int | None = None,
        sample_rate: float | None = None,
        max_gap: float | None = None,
        interpolation: Literal["linear", "nearest"] = "linear",
        standardize: bool = True,
        indicators: bool = False,
        jitter: float = 0.0,
        scaling: float = 0.0,
        time_warp: float = 0.0,
        channel_drop: float = 0.0,
    ) -> None:
        if interpolation not in ("linear", "nearest"):
            raise ValueError(
                "`interpolation` must be 'linear' or 'nearest'. "
                f"Received: interpolation={interpolation!r}"
            )
        if max_gap is not None and (sample_rate is None or not max_gap > 0):
            raise ValueError(
                "`max_gap` must be above 0 seconds, and come with `sample_rate`. "
                f"Received: max_gap={max_gap}, sample_rate={sample_rate}"
            )
        self.length = length
        self.sample_rate = sample_rate
        self.max_gap = max_gap
        self.interpolation: Literal["linear", "nearest"] = interpolation
        self.standardize = standardize
        self.indicators = indicators
        self.augmentation = SensorAugmentation(
            jitter=jitter, scaling=scaling, time_warp=time_warp, channel_drop=channel_drop
        )

    def load_arrays(
        self,
        data: pd.Series | Mapping[Hashable, Any] | Sequence[Any] | np.ndarray,
        times: Mapping[Hashable, Any] | None = None,
        channels: Sequence[str] | None = None,
        *,
        name: str = "sensor",
        optional: bool = False,
    ) -> SensorStream:
        """A stream of arrays.

        Args:
            data: `(time, channels)` arrays, or `(time,)` of one channel: a Series of them (its
                index holds the keys), a dict by key, or a list or array (the keys are
                0, 1, 2, ...). `None` is a row without a series.
            times: The times of the steps in seconds, `(time,)` by key; needs `sample_rate`.
            channels: The channels' names; `"0"`, `"1"`, ... by default.
            name: The input's name.
            optional: Whether a row may lack the series.

        Raises:
            ValueError: If there is no series, or one has the wrong shape, an infinite value, or
                times that repeat, are missing or are of another length.
        """
        keys: Sequence[Hashable]
        if isinstance(data, pd.Series):
            keys, cells = data.index.tolist(), data.tolist()
        elif isinstance(data, Mapping):
            keys, cells = list(data), list(data.values())
        else:
            cells = list(data)
            keys = range(len(cells))
        series = [_array(values) for values in cells]
        if times is not None:
            series = [
                None if values is None else self._on_grid(times.get(key), values, key, "`data`")
                for key, values in zip(keys, series, strict=True)
            ]
        return self._stream(keys, series, channels, "`data`", name, optional)

    def load_table(
        self,
        dataframe: pd.DataFrame,
        key: str,
        channels: Sequence[str],
        time: str | None = None,
        *,
        name: str = "sensor",
        optional: bool = False,
    ) -> SensorStream:
        """A stream of the series in a long table, which has a row for each step.

        Args:
            dataframe: The table; of pandas, or with a method `to_pandas`.
            key: The column that says which series a row belongs to.
            channels: The columns of measurements; an empty cell is a gap.
            time: The column of times, in seconds or as timestamps, by which the steps are sorted;
                without it they are taken in the order of the rows.
            name: The input's name.
            optional: Whether a row may lack the series.

        Raises:
            ValueError: If a column is missing or holds no numbers, a key is missing, or times
                repeat within a series.
        """
        dataframe = as_frame(dataframe)
        keys = frame_keys(dataframe, key)
        values = np.stack([_numbers(frame_column(dataframe, c, "channels")) for c in channels], 1)
        seconds = None if time is None else _seconds(frame_column(dataframe, time, "time"))
        rows: dict[Hashable, list[int]] = {}
        for row, own in enumerate(keys):
            rows.setdefault(own, []).append(row)
        source = f"columns {list(channels)}"
        series = [
            self._series(values[own], None if seconds is None else seconds[own], each, source)
            for each, own in rows.items()
        ]
        return self._stream(list(rows), series, channels, source, name, optional)

    def load_files(
        self,
        dataframe: pd.DataFrame,
        column: str,
        directory: str | os.PathLike[str] | None = None,
        channels: Sequence[str] | None = None,
        time: str | None = None,
        *,
        key: str | None = None,
        name: str = "sensor",
        optional: bool = False,
    ) -> SensorStream:
        """A stream of series in files of their own, CSV or Parquet, with a row for each step.

        Args:
            dataframe: One row for each record; of pandas, or with a method `to_pandas`.
            column: The column of file names; an empty cell is a row without a series.
            directory: Folder that they are relative to.
            channels: The files' columns of measurements; all but `time` by default.
            time: The files' column of times, in seconds or as timestamps.
            key: The frame's column of keys; its index by default.
            name: The input's name.
            optional: Whether a row may lack the series.

        Raises:
            FileNotFoundError: If a file is missing.
            ValueError: If one cannot be read, or lacks a column. The message names file and row.
        """
        dataframe = as_frame(dataframe)
        keys = frame_keys(dataframe, key)
        source = f"column {column!r}"
        files = string_cells(frame_column(dataframe, column, "column"), keys, source)
        series: list[Any] = []
        for own, file in zip(keys, files, strict=True):
            if not file:
                series.append(None)
                continue
            path = os.path.join(directory or "", file)
            frame = _read(path, own)
            if channels is None:
                channels = [str(each) for each in frame.columns if each != time]
            missing = {*channels, *([] if time is None else [time])} - set(frame.columns)
            if missing:
                raise ValueError(
                    f"{path!r} (row {own!r}) must have the columns {sorted(missing)}. "
                    f"Received: {list(frame.columns)}"
                )
            values = np.stack([_numbers(frame[each]) for each in channels], 1)
            seconds = None if time is None else _seconds(frame[time])
            series.append(self._series(values, seconds, own, repr(path)))
        return self._stream(keys, series, channels, source, name, optional)

    def _series(
        self, values: np.ndarray, seconds: np.ndarray | None, key: Hashable, source: str
    ) -> np.ndarray:
        """The values in the order of their times, on the grid if there is one."""
        if seconds is None:
            return values
        if self.sample_rate is not None:
            return self._on_grid(seconds, values, key, source)
        _check_times(seconds, len(values), key, source)
        return values[np.argsort(seconds, kind="stable")]

    def _on_grid(self, seconds: Any, values: np.ndarray, key: Hashable, source: str) -> np.ndarray:
        if self.sample_rate is None:
            raise ValueError("`sample_rate` must be given where there are times. Received: None")
        if seconds is None:
            raise ValueError(f"`times` must have those of each series. Received: none of {key!r}")
        seconds = np.asarray(seconds, "float64")
        _check_times(seconds, len(values), key, source)
        if not len(values):
            return values
        interval = np.median(np.diff(np.sort(seconds))) if len(seconds) > 1 else 0.0
        gap = self.max_gap or 1.5 * max(1 / self.sample_rate, float(interval))
        return regular_grid(seconds, values, self.sample_rate, gap, self.interpolation)

    def _stream(
        self,
        keys: Sequence[Hashable],
        series: Sequence[Any],
        channels: Sequence[str] | None,
        source: str,
        name: str,
        optional: bool,
    ) -> SensorStream:
        there = [np.asarray(values) for values in series if values is not None]
        if not there:
            raise ValueError(f"{source} must hold at least one series. Received: none")
        if channels is None:
            channels = [str(channel) for channel in range(there[0].shape[-1])]
        spec = Sensor(
            name=name,
            optional=optional,
            channels=tuple(channels),
            length=self.length or max(1, *map(len, there), 1),
            sample_rate=self.sample_rate,
            indicators=self.indicators,
            standardize=self.standardize,
        )
        return SensorStream(spec, keys, series, source, self.augmentation)


def _array(values: Any) -> np.ndarray | None:
    """A series as an array with a last axis for its channels; None where there is none."""
    if values is None or (np.ndim(values) == 0 and is_missing(values)):
        return None
    array = np.asarray(values)
    return array[:, None] if array.ndim == 1 else array


def _numbers(column: pd.Series) -> np.ndarray:
    try:
        return column.to_numpy("float64", na_value=np.nan)
    except (ValueError, TypeError):
        numbers = pd.to_numeric(column, errors="coerce")
        wrong = column[numbers.isna() & column.notna()]
        raise ValueError(
            f"column {column.name!r} must hold numbers. Received: {wrong.iloc[0]!r} in row "
            f"{wrong.index[0]!r}"
        ) from None


def _seconds(column: pd.Series) -> np.ndarray:
    """Times in seconds; timestamps count from the first of them."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return (column - column.min()).dt.total_seconds().to_numpy("float64")
    return _numbers(column)


def _check_times(seconds: np.ndarray, count: int, key: Hashable, source: str) -> None:
    if seconds.shape != (count,):
        raise ValueError(
            f"{source} must have a time for each step. "
            f"Received: {seconds.shape} times for the {count} steps of row {key!r}"
        )
    if not np.isfinite(seconds).all():
        raise ValueError(f"{source} must have a time for each step. Received: NaN in row {key!r}")
    unique, counts = np.unique(seconds, return_counts=True)
    if (counts > 1).any():
        repeated = unique[counts > 1].tolist()
        raise ValueError(
            f"{source} must have each time once. "
            f"Received: {name_keys(repeated)} s more than once in row {key!r}"
        )


def _read(path: str, key: Hashable) -> pd.DataFrame:
    try:
        if path.endswith(".parquet"):
            return pd.read_parquet(path)
        # A row longer than the header would else have its first field taken for a label.
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(path, index_col=False)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"{path!r} (row {key!r}) is not there. Correct the name, or empty the cell."
        ) from None
    except (ValueError, pd.errors.ParserWarning) as error:
        raise ValueError(f"{path!r} (row {key!r}) cannot be read: {error}") from error
