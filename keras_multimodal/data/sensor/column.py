"""A column of series of measurements, as `SensorProcessor` makes it."""

import dataclasses
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
import tensorflow as tf

from keras_multimodal.data.column.column import BatchFinisher, Column, RowLoader
from keras_multimodal.data.sensor.augmentation import SensorAugmentation
from keras_multimodal.data.sensor.reading import as_numbers, check_finite, joined
from keras_multimodal.data.sensor.statistics import far_steps, learn_statistics
from keras_multimodal.data.sensor.step_labels import LabelRule, label_chooser, label_numbers
from keras_multimodal.data.sensor.windows import whole_steps, window_starts
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import Modality, Sensor
from keras_multimodal.types import Tensor


class SensorColumn(Column):
    """Series by key: what `SensorProcessor` makes.

    All series lie in one tensor, of which a row is a part. So windows, however they overlap, the
    parts of a split and the pipelines of each share it: there are no copies.

    The channels' means and standard deviations are learned on the training rows: `records.split`
    does so by itself.

    Args:
        spec: The series' description.
        keys: One key for each row.
        series: `(time, channels)` of each row, NaN at gaps; `None` or nothing but NaN for a row
            without. A row without a value among the `length` steps that are kept counts as absent.
        source: Where they come from, for error messages.
        augmentation: The random changes that training makes.
        step_labels: The label of each step of each series, `None` where `series` is, for
            `window_labels`.
        unreadable: By key, the file that could not be read and what is wrong with it; such rows
            have no series.
        on_unreadable: What `pair` does with these: `"drop"` leaves them out, `"mask"` takes the
            series as absent.

    Raises:
        ValueError: If a series has the wrong shape, an infinite value, or not as many labels as
            steps. The message names the row.

    Example:

    >>> spec = Sensor(channels=("x", "y"), length=4)
    >>> column = SensorColumn(spec, ["a"], [np.arange(12).reshape(6, 2)], "an array")
    >>> column.truncated, column.adapt().spec.mean
    (1, (3.0, 4.0))
    """

    # A row's recording begins at `_origins`; the row is the steps from `_starts` to `_ends` of all.
    _columns: ClassVar[dict[str, Any]] = {
        "cells": "",
        "_groups": None,
        "_origins": 0,
        "_starts": 0,
        "_ends": 0,
    }
    spec: Sensor

    def __init__(
        self,
        spec: Sensor,
        keys: Sequence[Hashable],
        series: Sequence[Any],
        source: str,
        augmentation: SensorAugmentation | None = None,
        *,
        step_labels: Sequence[Any] | None = None,
        unreadable: Mapping[Hashable, str] | None = None,
        on_unreadable: Literal["mask", "drop"] = "mask",
    ) -> None:
        super().__init__(spec, keys, [""] * len(series), source)
        arrays = [
            _check(values, key, spec, source) for key, values in zip(keys, series, strict=True)
        ]
        lengths = np.array([len(values) for values in arrays])
        self._ends = np.cumsum(lengths)
        self._starts = self._origins = self._ends - lengths
        flat = joined(arrays, len(spec.channels))
        with tf.device("CPU:0"):
            # Of itself, a constant keeps NumPy's copy of the numbers beside its own.
            self._values = tf.identity(tf.constant(flat))
        self._classes: dict[Any, int] = {}
        self._step_labels: np.ndarray | None = None
        if step_labels is not None:
            self._step_labels = self._number(step_labels)
        self.augmentation = augmentation or SensorAugmentation()
        self.unreadable = dict(unreadable or {})
        self.on_unreadable = on_unreadable
        self.uncovered_steps = 0
        self._recordings: frozenset[Hashable] = frozenset()
        self._groups = _objects(self.keys)
        self.cells = self._describe()

    @property
    def series(self) -> list[np.ndarray | None]:
        """The values of each row, `(time, channels)`, a part of what all rows share."""
        flat = np.asarray(self._values)
        return [
            flat[start:end] if there else None
            for start, end, there in zip(self._starts, self._ends, self.present, strict=True)
        ]

    @property
    def truncated(self) -> int:
        """The number of series that are longer than `length`, and so are cut."""
        return int((self._ends - self._starts > self.spec.length).sum())

    def adapt(self) -> Self:
        """Return the column with the means and standard deviations of its channels."""
        if not self.spec.standardize:
            return self
        # How many rows have a step: windows that overlap have it several times.
        steps = len(self._values)
        rows = np.bincount(self._starts, minlength=steps + 1)
        rows = np.cumsum(rows - np.bincount(self._kept_ends(), minlength=steps + 1))[:-1]
        return self.with_spec(learn_statistics(self.spec, np.asarray(self._values), rows))

    def far_rows(self) -> np.ndarray:
        """Return which rows have a value that the exported model calls huge, `(rows,)` bool."""
        return self._rows_with(far_steps(self.spec, np.asarray(self._values)))

    def as_described(self, spec: Modality) -> Self:
        """Return the column as other series were described; see the base class."""
        described = super().as_described(spec)
        for field in ("channels", "sample_rate"):
            mine, theirs = getattr(self.spec, field), getattr(described.spec, field)
            if mine != theirs:
                raise ArgumentError(
                    "schema",
                    f"must describe {spec.name!r} with the `{field}` of its series, {mine}. "
                    f"Received: {theirs}. Give SensorProcessor the same.",
                )
        described.cells = described._describe()  # what is kept of a series may differ
        return described

    def windows(
        self,
        steps: int | None = None,
        hop_steps: int | None = None,
        partial: bool = False,
        *,
        seconds: float | None = None,
        hop_seconds: float | None = None,
    ) -> Self:
        """Cut each series into windows, a row each, without a copy of it.

        Only `records.batch(cache=True)` makes one of each window. `records.split` keeps the windows
        of a recording in one part. Seconds become the nearest whole number of steps at the series'
        `sample_rate`, once for all windows.

        Args:
            steps: Length of a window.
            hop_steps: Steps from the start of a window to that of the next; a window's by default.
            partial: Keep what is left at the end, padded, and series shorter than a window.
            seconds: Length of a window in seconds. Exactly one of this and `steps` must be given.
            hop_seconds: The hop in seconds, in place of `hop_steps`.

        Returns:
            A column whose keys are `(key, number)`. Series without a window have no row; its
            `uncovered_steps` counts the steps that are in no window.

        Raises:
            TypeError: If `steps` or `hop_steps` is no whole number, or one in seconds is no number.
            ValueError: If the length isn't given once, the hop is given twice, one of them is less
                than a step, seconds are given and there is no sample rate, or no series has a
                window.

        Example:

        >>> spec = Sensor(channels=("x",), length=100, sample_rate=50.0)
        >>> column = SensorColumn(spec, ["a"], [np.ones((100, 1))], "an array")
        >>> column.windows(seconds=0.5, hop_seconds=0.25).keys[-1]
        ('a', 6)
        """
        rate = self.spec.sample_rate
        steps = whole_steps(steps, seconds, rate, ("steps", "seconds"))
        if steps is None:
            raise ValueError(
                "Exactly one of `steps` and `seconds` must be given. Received: neither"
            )
        hop = whole_steps(hop_steps, hop_seconds, rate, ("hop_steps", "hop_seconds")) or steps
        lengths = (self._ends - self._starts).tolist()
        starts, uncovered = window_starts(lengths, steps, hop, partial)
        keys = [
            (key, number)
            for key, firsts in zip(self.keys, starts, strict=True)
            for number in range(len(firsts))
        ]
        if not keys:
            raise ValueError(
                f"`steps` must be no more than the longest series has, {max(lengths)}. "
                f"Received: steps={steps}"
            )
        cut = self.take(keys, np.repeat(np.arange(len(self)), list(map(len, starts))))
        cut.spec = dataclasses.replace(self.spec, length=steps)
        cut._starts = cut._starts + np.concatenate(starts)
        cut._ends = np.minimum(cut._starts + steps, cut._ends)
        cut.cells = cut._describe()
        cut.uncovered_steps = uncovered
        cut._recordings = self._recordings or frozenset(self.keys)
        return cut

    def group_of(self, key: Hashable) -> Hashable:
        """Return the series that a window was cut from."""
        recording = key
        while self._recordings and recording not in self._recordings:
            if not isinstance(recording, tuple) or len(recording) != 2:
                return key
            recording = recording[0]
        return recording

    def recordings(self) -> dict[Hashable, Hashable]:
        """Return the key of the series that each window was cut from, by the window's key."""
        return {
            key: group
            for key, group in zip(self.keys, self._groups, strict=True)
            if self._recordings and group is not None
        }

    def window_labels(
        self,
        labels: Mapping[Hashable, Sequence[Any]] | None = None,
        rule: LabelRule = "majority",
    ) -> pd.Series:
        """Return one label for each window, from one for each step.

        Steps without a label don't count.

        Args:
            labels: By the series' key, the label of each of its steps; by default those of the
                column that was loaded as `label`.
            rule: `"majority"` takes the most frequent label of the window's steps (of equals the
                one that comes first), `"last"` that of its last step that has one, `"any"` whether
                any of its labels is true, such as an alarm.

        Returns:
            The labels by the windows' keys, for `pair(labels=...)`; `None` for a window without.

        Raises:
            ValueError: If a series has no labels, or fewer than steps; if these are no windows; or
                if `"any"` is asked of labels that are neither true nor false.

        Example:

        >>> spec = Sensor(channels=("x",), length=6)
        >>> windows = SensorColumn(spec, ["a"], [np.ones((6, 1))], "an array").windows(3)
        >>> windows.window_labels({"a": ["sit", "sit", "walk", "walk", "walk", "sit"]}).tolist()
        ['sit', 'walk']
        """
        if not self._recordings:
            raise ValueError("`window_labels` must be asked of what `windows(...)` returned.")
        classes: dict[Any, int] = {}
        if labels is not None:
            numbers = self._given_labels(labels, classes)
        elif self._step_labels is not None:
            classes = self._classes
            places = zip(self._starts, self._ends, strict=True)
            numbers = [self._step_labels[start:end] for start, end in places]
        else:
            raise ValueError(
                "`labels` must be given, or a column of labels loaded with `label=`. Received: None"
            )
        choose = label_chooser(rule, list(classes))
        index = pd.Index(self.keys, tupleize_cols=False)
        # As objects: numbers beside a None would become floats, and classes of other names.
        return pd.Series([choose(steps) for steps in numbers], index, object, name="label")

    def content(self, row: int) -> bytes:
        """Return the steps that are kept of a row."""
        steps = slice(self._starts[row], self._kept_ends()[row])
        dtype = "float64" if self.spec.float64 else "float32"
        return np.asarray(self._values)[steps].astype(dtype).tobytes()

    def row_loader(self) -> RowLoader:
        """Return the graph function from a row to its series, `(length, channels)`, NaN at gaps."""
        load, values = self.transform.load, self._values
        starts = tf.constant(self._starts, tf.int64)
        ends = tf.constant(self._kept_ends(), tf.int64)
        return lambda row: load(values[tf.gather(starts, row) : tf.gather(ends, row)])

    def batch_finisher(self, batch_size: int, training: bool) -> BatchFinisher:
        """Augment and standardise."""
        finish = self.transform.finish
        augmentation = self.augmentation if training else SensorAugmentation()
        std = self.spec.std or (1.0,) * len(self.spec.channels)
        return lambda loaded, seeds: finish(augmentation.apply(loaded, seeds, std))

    def _number(self, step_labels: Sequence[Any]) -> np.ndarray:
        """Return the numbers of the classes of all steps; the classes are added to `_classes`."""
        found = np.full(len(self._values), -1, "int32")
        places = zip(self._starts, self._ends, strict=True)
        for key, labels, (start, end) in zip(self.keys, step_labels, places, strict=True):
            if start == end:
                continue
            steps = label_numbers(labels, self._classes)
            if len(steps) != end - start:
                raise ValueError(
                    "`step_labels` must have a label for each step of each series. "
                    f"Received: {len(steps)} for the {end - start} steps of row {key!r}"
                )
            found[start:end] = steps
        return found

    def _given_labels(
        self, labels: Mapping[Hashable, Sequence[Any]], classes: dict[Any, int]
    ) -> list[np.ndarray]:
        """Return the numbers of each row's step labels; their classes are added to `classes`."""
        known: dict[Hashable, np.ndarray] = {}
        found = []
        places = zip(self._starts - self._origins, self._ends - self._origins, strict=True)
        for key, (start, end) in zip(self._groups, places, strict=True):
            if key not in known and key in labels:
                known[key] = label_numbers(labels[key], classes)
            if len(known.get(key, ())) < end:
                raise ValueError(
                    "`labels` must have a label for each step of each series. "
                    f"Received: {len(known.get(key, ()))} for the {end} steps of {key!r}"
                )
            found.append(known[key][start:end])
        return found

    def _kept_ends(self) -> np.ndarray:
        """Return where what is kept of each row ends."""
        return np.minimum(self._ends, self._starts + self.spec.length)

    def _rows_with(self, steps: np.ndarray) -> np.ndarray:
        """Return which rows keep a step of those that are True, `(rows,)` bool."""
        before = np.concatenate([[0], np.cumsum(steps)])
        return before[self._kept_ends()] > before[self._starts]

    def _describe(self) -> np.ndarray:
        """Return the rows' cells: how many steps each has, or nothing where none is there."""
        present = self._rows_with(np.isfinite(np.asarray(self._values)).any(1))
        lengths = np.where(present, self._ends - self._starts, 0)
        names = {length: f"{length} steps" if length else "" for length in set(lengths.tolist())}
        return np.array([names[length] for length in lengths.tolist()], object)


def _check(values: Tensor, key: Hashable, spec: Sensor, source: str) -> np.ndarray:
    """Return the series, without a step where there is nothing in it."""
    nothing = np.empty((0, len(spec.channels)), "float32")
    if values is None:
        return nothing
    array = as_numbers(values, key, source)
    if array.ndim != 2 or array.shape[1] != len(spec.channels):
        raise ValueError(
            f"{source} must hold series of shape (time, {len(spec.channels)}). "
            f"Received: shape {array.shape} in row {key!r}"
        )
    check_finite(array, spec.channels, key, source)
    return array if np.isfinite(array).any() else nothing


def _objects(keys: Sequence[Hashable]) -> np.ndarray:
    """Return keys in an array, tuples among them whole."""
    array = np.empty(len(keys), object)
    array[:] = keys
    return array
