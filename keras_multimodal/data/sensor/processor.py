"""Series of measurements from arrays, long tables and files."""

import os
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from keras_multimodal.data.column.cells import check_rows, frame_column, frame_keys
from keras_multimodal.data.column.frames import as_frame
from keras_multimodal.data.column.keyed_files import frame_files
from keras_multimodal.data.sensor.augmentation import SensorAugmentation
from keras_multimodal.data.sensor.column import SensorColumn
from keras_multimodal.data.sensor.reading import as_numbers, check_finite, numbers
from keras_multimodal.data.sensor.regular_grid import check_span, regular_grid
from keras_multimodal.data.sensor.series_files import read_files, read_series
from keras_multimodal.data.sensor.step_labels import label_numbers
from keras_multimodal.data.sensor.times import check_times, seconds
from keras_multimodal.schema import Sensor
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.types import Frame, Tensor


class SensorProcessor:
    """Makes columns of series of measurements, with gaps.

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
    >>> column = SensorProcessor(length=100).load_arrays(walks, channels=["x", "y", "z"])
    >>> column.spec.shape, column.truncated
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
    ) -> SensorColumn:
        """Return a column of arrays.

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
        check_rows(data, "data", "Series in files are for `from_dataframe`.")
        channels = [channels] if isinstance(channels, str) else channels
        keys: Sequence[Hashable]
        if isinstance(data, pd.Series):
            keys, cells = data.index.tolist(), data.tolist()
        elif isinstance(data, Mapping):
            keys, cells = list(data), list(data.values())
        else:
            cells = list(data)
            keys = range(len(cells))
        series = [_array(values, key) for key, values in zip(keys, cells, strict=True)]
        if times is not None:
            for row, (key, values) in enumerate(zip(keys, series, strict=True)):
                if values is not None:
                    # On the grid an infinite value would be a gap like any other.
                    check_finite(values, channels, key, "`data`")
                    series[row] = self._on_grid(times.get(key), values, key, "`data`")
        return self._column(keys, series, channels, "`data`", name, optional)

    def load_table(
        self,
        dataframe: Frame,
        key: str,
        channels: Sequence[str],
        time: str | None = None,
        *,
        label: str | None = None,
        name: str = "sensor",
        optional: bool = False,
    ) -> SensorColumn:
        """Return a column of the series in a long table, which has a row for each step.

        Args:
            dataframe: The table; of pandas, or with a method `to_pandas`; or the path of a file
                that `read_table` reads.
            key: The column that says which series a row belongs to.
            channels: The columns of measurements; an empty cell is a gap.
            time: The column of times, by which the steps are sorted: seconds, timestamps, or texts
                such as 2024-12-31T23:59:00, 31.12.2024 23:59 or 23:59:00. Without it they are taken
                in the order of the rows.
            label: The column of the steps' labels, for `column.windows(...).window_labels()`; an
                empty cell is a step without one. A place of the grid has the label of the nearest
                step with one, and none in a gap between these.
            name: The input's name.
            optional: Whether a row may lack the series.

        Raises:
            ValueError: If a column is missing or holds no numbers or an infinite one, a key is
                missing, or times repeat within a series. The message names column and row.

        Example:

        >>> table = pd.DataFrame({"walk": ["a"] * 4, "x": [1.0] * 4, "fall": [0, 1, 0, 0]})
        >>> column = SensorProcessor().load_table(table, "walk", ["x"], label="fall")
        >>> column.windows(2).window_labels(rule="any").to_dict()
        {('a', 0): True, ('a', 1): False}
        """
        dataframe = as_frame(dataframe, key)
        channels = [channels] if isinstance(channels, str) else channels
        keys = frame_keys(dataframe, key)
        values = np.stack([numbers(frame_column(dataframe, c, "channels")) for c in channels], 1)
        times = None if time is None else seconds(frame_column(dataframe, time, "time"))
        labels = None if label is None else frame_column(dataframe, label, "label").to_numpy(object)
        steps_of: dict[Hashable, list[int]] = {}
        for step, row_key in enumerate(keys):
            steps_of.setdefault(row_key, []).append(step)
        source = f"columns {list(channels)}"
        series = [
            self._series(
                values[steps],
                None if times is None else times[steps],
                None if labels is None else labels[steps],
                row_key,
                source,
            )
            for row_key, steps in steps_of.items()
        ]
        arrays, step_labels = zip(*series, strict=True) if series else ((), ())
        return self._column(
            list(steps_of),
            arrays,
            channels,
            source,
            name,
            optional,
            None if label is None else step_labels,
        )

    def from_dataframe(
        self,
        dataframe: Frame,
        column: str,
        directory: str | os.PathLike[str] | None = None,
        *,
        channels: Sequence[str] | None = None,
        time: str | None = None,
        label: str | None = None,
        on_error: Literal["raise", "mask", "drop"] = "raise",
        encoding: str | None = None,
        decimal: str | None = None,
        key: str | None = None,
        name: str | None = None,
        optional: bool = False,
    ) -> SensorColumn:
        """Return a column of the series in the files that a column of a frame names.

        The files are CSV, TSV or Parquet, with a row for each step. A text file that begins with
        numbers, not with names, has columns "0", "1" and so on. Cells are separated as those of
        `read_table` are; where no commas do it, these may be decimal signs. An encoding that had to
        be guessed is warned of. Files are read now, and only once.
        `load_arrays` takes series that are in memory, `load_table` those of a long table.

        Args:
            dataframe: One row for each record; of pandas, or with a method `to_pandas`; or the
                path of a file that `read_table` reads.
            column: Column of file names. An empty cell is a row without a series.
            directory: Folder that the file names are relative to. Without it they are paths.
            channels: The files' columns of measurements; all but `time` and `label` of the first
                file that can be read by default.
            time: The files' column of times, as in `load_table`.
            label: The files' column of the steps' labels, as in `load_table`.
            on_error: What happens to a file that is missing, cannot be read, lacks a column or
                holds an infinite value: `"raise"` raises; `"mask"` declares the modality optional
                and takes it as absent from the row; `"drop"` leaves the row out of the records
                that `pair` makes. `column.unreadable` and the records' `report.unreadable` name
                each file and what is wrong with it.
            encoding: The encoding of text files that are no UTF-8; as their bytes show by default.
            decimal: The sign before the decimals, `"."` or `","`, of text files in which no commas
                separate cells; as the cells show by default.
            key: Column of keys; the frame's index by default.
            name: The input's name; `"sensor"` by default.
            optional: Whether a row may lack the series.

        Raises:
            FileNotFoundError: If the folder or a file is missing; it names the row.
            ValueError: If a file cannot be read, lacks a column or holds an infinite value, or none
                is left. The message names file and row.
        """
        if on_error not in ("raise", "mask", "drop"):
            raise ValueError(
                f"`on_error` must be 'raise', 'mask' or 'drop'. Received: on_error={on_error!r}"
            )
        channels = [channels] if isinstance(channels, str) else channels
        files = frame_files(dataframe, column, directory, key)
        found = read_files(
            files,
            channels,
            lambda path, names: read_series(path, names, time, label, encoding, decimal),
            self._series,
            on_error == "raise",
        )
        result = self._column(
            files.keys,
            found.series,
            found.channels,
            files.source,
            Sensor.name if name is None else name,
            optional,
            None if label is None else found.labels,
            found.unreadable,
        )
        if on_error == "raise":
            return result
        result.on_unreadable = on_error
        return result.as_optional() if on_error == "mask" else result

    def _series(
        self,
        values: np.ndarray,
        times: np.ndarray | None,
        labels: Any,
        key: Hashable,
        source: str,
    ) -> tuple[np.ndarray, Any]:
        """Return the values and labels in the order of their times, on the grid if there is one."""
        if times is None:
            return values, labels
        if self.sample_rate is None:
            check_times(times, len(values), key, source)
            order = np.argsort(times, kind="stable")
            return values[order], None if labels is None else labels[order]
        found = self._on_grid(times, values, key, source)
        if labels is not None:
            classes: dict[Any, int] = {}
            codes = label_numbers(labels, classes).astype("float64")
            codes[codes < 0] = np.nan
            on_grid = self._on_grid(times, codes[:, None], key, source, "nearest")[:, 0]
            known = [*classes, None]
            labels = [known[int(n)] for n in np.nan_to_num(on_grid, nan=len(classes))]
        return found, labels

    def _on_grid(
        self,
        times: Any,
        values: np.ndarray,
        key: Hashable,
        source: str,
        interpolation: Literal["linear", "nearest"] | None = None,
    ) -> np.ndarray:
        if self.sample_rate is None:
            raise ValueError("`sample_rate` must be given where there are times. Received: None")
        if times is None:
            raise ValueError(f"`times` must have those of each series. Received: none of {key!r}")
        times = np.asarray(times, "float64")
        check_times(times, len(values), key, source)
        if not len(values):
            return values
        check_span(times, self.sample_rate, key, source)
        interval = np.median(np.diff(np.sort(times))) if len(times) > 1 else 0.0
        gap = self.max_gap or 1.5 * max(1 / self.sample_rate, float(interval))
        return regular_grid(
            times, values, self.sample_rate, gap, interpolation or self.interpolation
        )

    def _column(
        self,
        keys: Sequence[Hashable],
        series: Sequence[Any],
        channels: Sequence[str] | None,
        source: str,
        name: str,
        optional: bool,
        labels: Sequence[Any] | None = None,
        unreadable: Mapping[Hashable, str] | None = None,
    ) -> SensorColumn:
        there = [np.asarray(values) for values in series if values is not None]
        if not there:
            reasons = list((unreadable or {}).values())
            spoiled = f", and {len(reasons)} that cannot be read: {reasons[0]}" if reasons else ""
            raise ValueError(f"{source} must hold at least one series. Received: none{spoiled}")
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
        return SensorColumn(
            spec,
            keys,
            series,
            source,
            self.augmentation,
            step_labels=labels,
            unreadable=unreadable,
        )


def _array(values: Tensor, key: Hashable) -> np.ndarray | None:
    """Return a series as an array with a last axis for its channels; None where there is none."""
    if is_missing(values):
        return None
    array = as_numbers(values, key, "`data`")
    if array.ndim not in (1, 2):
        raise ValueError(
            "`data` must hold arrays of shape (time, channels) or (time,). "
            f"Received: shape {array.shape} in row {key!r}"
        )
    return array[:, None] if array.ndim == 1 else array
