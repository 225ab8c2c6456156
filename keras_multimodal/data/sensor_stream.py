"""A stream of series of measurements, as `SensorProcessor` makes it."""

import collections
import copy
import dataclasses
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
import tensorflow as tf

from keras_multimodal.data.sensor_augmentation import SensorAugmentation
from keras_multimodal.data.stream import Finisher, RowLoader, Stream
from keras_multimodal.schema import Sensor


class SensorStream(Stream):
    """Series by key: what `SensorProcessor` returns.

    The channels' means and standard deviations are learned on the training rows: `records.split`
    does so by itself.

    Args:
        spec: The series' description.
        keys: One key for each row.
        series: `(time, channels)` float32 of each row, NaN at gaps; `None` or nothing but NaN for
            a row without.
        source: Where they come from, for error messages.
        augmentation: The random changes that training makes.

    Raises:
        ValueError: If a series has the wrong shape or an infinite value. The message names the row.

    Example:

    >>> spec = Sensor(channels=("x", "y"), length=4)
    >>> stream = SensorStream(spec, ["a"], [np.arange(12).reshape(6, 2)], "an array")
    >>> stream.truncated, stream.adapt().spec.mean
    (1, (3.0, 4.0))
    """

    _columns: ClassVar[dict[str, Any]] = {"cells": "", "series": None}
    spec: Sensor

    def __init__(
        self,
        spec: Sensor,
        keys: Sequence[Hashable],
        series: Sequence[Any],
        source: str,
        augmentation: SensorAugmentation | None = None,
    ) -> None:
        arrays = [
            _check(values, key, spec, source) for key, values in zip(keys, series, strict=True)
        ]
        cells = ["" if values is None else f"{len(values)} steps" for values in arrays]
        super().__init__(spec, keys, cells, source)
        self.series = np.empty(len(arrays), object)
        self.series[:] = arrays
        self.augmentation = augmentation or SensorAugmentation()
        self.uncovered_steps = 0
        self._windows: dict[Hashable, tuple[Hashable, int, int]] = {}

    @property
    def truncated(self) -> int:
        """How many series are longer than `length`, and so are cut."""
        return sum(len(values) > self.spec.length for values in self.series if values is not None)

    def adapt(self) -> Self:
        """The stream with the means and standard deviations of its channels."""
        if not self.spec.standardize:
            return self
        # One series at a time, in float64: there is no copy of them all.
        count, total, squares = (np.zeros(len(self.spec.channels)) for _ in range(3))
        for values in self._present_series():
            count += np.isfinite(values).sum(0)
            total += np.nansum(values, 0)
        empty = [name for name, n in zip(self.spec.channels, count, strict=True) if not n]
        if empty:
            raise ValueError(
                f"Sensor {self.spec.name!r} must have a value of each channel in the training "
                f"rows. Received: none of {empty}. Leave them out of `channels`."
            )
        mean = total / count
        for values in self._present_series():
            squares += np.nansum((values - mean) ** 2, 0)
        std = np.sqrt(squares / count)
        std[std == 0] = 1  # a constant channel is 0 once its mean is subtracted
        return self.with_spec(
            dataclasses.replace(self.spec, mean=tuple(mean.tolist()), std=tuple(std.tolist()))
        )

    def windows(self, steps: int, hop: int | None = None, partial: bool = False) -> Self:
        """Cut each series into windows, a row each.

        `records.split` keeps the windows of a recording in one part.

        Args:
            steps: Length of a window.
            hop: Steps from the start of a window to that of the next; `steps` by default.
            partial: Keep what is left at the end, padded, and series shorter than a window.

        Returns:
            A stream whose keys are `(key, number)`. Series without a window have no row; its
            `uncovered_steps` counts the steps that are in no window.

        Raises:
            ValueError: If `steps` or `hop` is less than 1, or no series has a window.
        """
        hop = steps if hop is None else hop
        if steps < 1 or hop < 1:
            raise ValueError(
                f"`steps` and `hop` must be at least 1. Received: steps={steps}, hop={hop}"
            )
        windows: dict[Hashable, tuple[Hashable, int, int]] = {}
        series, uncovered = [], 0
        for key, values in zip(self.keys, self.series, strict=True):
            length = 0 if values is None else len(values)
            seen = np.zeros(length, bool)
            last = length if partial else length - steps + 1
            for number, start in enumerate(range(0, max(last, 0), hop)):
                windows[key, number] = (key, start, min(start + steps, length))
                series.append(values[start : start + steps])
                seen[start : start + steps] = True
            uncovered += int((~seen).sum())
        if not windows:
            raise ValueError(
                f"`steps` must be no more than the longest series has. Received: steps={steps}"
            )
        spec = dataclasses.replace(self.spec, length=steps)
        stream = type(self)(spec, list(windows), series, self.source, self.augmentation)
        stream._windows, stream.uncovered_steps = windows, uncovered
        return stream

    def unit_of(self, key: Hashable) -> Hashable:
        """The series that a window was cut from."""
        return self._windows[key][0] if key in self._windows else key

    def recordings(self) -> dict[Hashable, Hashable]:
        """The key of the series that each window was cut from, by the window's key."""
        return {key: self._windows[key][0] for key in self.keys if key in self._windows}

    def window_labels(
        self,
        labels: Mapping[Hashable, Sequence[Any]],
        rule: Literal["majority", "last", "any"] = "majority",
    ) -> dict[Hashable, Any]:
        """One label for each window, from one for each step.

        Args:
            labels: By the series' key, the label of each of its steps.
            rule: `"majority"` takes the most frequent label of the window's steps (of equals the
                one that comes first), `"last"` that of its last step, `"any"` whether any of its
                labels is true, such as an alarm.

        Returns:
            The labels by the windows' keys, for `pair(labels=...)`.

        Raises:
            ValueError: If a series has no labels, or fewer than steps; or if these are no windows.
        """
        if not self._windows:
            raise ValueError("`window_labels` must be asked of what `windows(...)` returned.")
        if rule not in ("majority", "last", "any"):
            raise ValueError(f"`rule` must be 'majority', 'last' or 'any'. Received: rule={rule!r}")
        found: dict[Hashable, Any] = {}
        for window in self.keys:
            key, start, end = self._windows[window]
            if key not in labels or len(labels[key]) < end:
                raise ValueError(
                    "`labels` must have a label for each step of each series. "
                    f"Received: {len(labels.get(key, ()))} for the {end} steps of {key!r}"
                )
            own = list(labels[key][start:end])
            if rule == "majority":
                found[window] = collections.Counter(own).most_common(1)[0][0]
            else:
                found[window] = own[-1] if rule == "last" else bool(any(own))
        return found

    def with_augmentation(self, augmentation: SensorAugmentation) -> Self:
        """The stream with other random changes."""
        changed = copy.copy(self)
        changed.augmentation = augmentation
        return changed

    def row_loader(self) -> RowLoader:
        """The graph function from a row to its series, `(length, channels)`, NaN at gaps."""
        length, channels = self.spec.length, len(self.spec.channels)
        nothing = np.zeros((0, channels), "float32")
        kept = [nothing if v is None else v[:length] for v in self.series]
        ends = np.cumsum([len(values) for values in kept])
        splits = tf.constant(np.concatenate([[0], ends]), tf.int64)
        flat = tf.constant(np.concatenate(kept))
        load = self.transform.load
        return lambda row: load(flat[splits[row] : splits[row + 1]])

    def finisher(self, batch_size: int, training: bool) -> Finisher:
        """Augment and standardise."""
        finish = self.transform.finish
        augmentation = self.augmentation if training else SensorAugmentation()
        std = self.spec.std or (1.0,) * len(self.spec.channels)
        return lambda loaded, seeds: finish(augmentation.apply(loaded, seeds, std))

    def _present_series(self) -> Iterator[np.ndarray]:
        for values in self.series:
            if values is not None:
                yield values[: self.spec.length].astype("float64")


def _check(values: Any, key: Hashable, spec: Sensor, source: str) -> np.ndarray | None:
    """The series as float32, or None where there is nothing in it."""
    if values is None:
        return None
    array = np.asarray(values, "float32")
    if array.ndim != 2 or array.shape[1] != len(spec.channels):
        raise ValueError(
            f"{source} must hold series of shape (time, {len(spec.channels)}). "
            f"Received: shape {array.shape} in row {key!r}"
        )
    infinite = np.argwhere(np.isinf(array))
    if len(infinite):
        step, channel = infinite[0]
        raise ValueError(
            f"{source} must hold finite numbers, or NaN where there is none. "
            f"Received: {array[step, channel]} at step {step} of channel "
            f"{spec.channels[channel]!r} in row {key!r}"
        )
    return array if np.isfinite(array).any() else None
