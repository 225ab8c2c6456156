"""The description of a series of measurements."""

import dataclasses
from collections.abc import Mapping
from typing import ClassVar

from keras_multimodal.schema._statistics import check_clip, check_statistics
from keras_multimodal.schema.kinds import register_modality
from keras_multimodal.schema.modality import Modality


@register_modality
@dataclasses.dataclass(frozen=True, kw_only=True)
class Sensor(Modality):
    """A series of measurements on a regular grid: `(time, channels)` numbers in, tensors out.

    A batch has `<name>`, `(batch, length, channels)`, and `<name>_mask`, `(batch, length)`, True
    where a step has a value of any channel. Each value is `(value - mean) / std` of its channel;
    a missing one is 0.

    Args:
        name: The input's name.
        optional: Whether a row may lack the series.
        channels: The channels' names.
        length: Steps kept of each series; shorter ones are padded, longer ones cut at the end.
        sample_rate: Steps in a second, in Hz, or `None` where steps aren't evenly timed.
        indicators: Whether to append one channel for each, 1 where its value is there, so that a
            missing value of one channel can be told from an average one.
        standardize: Whether `mean` and `std` are learned on the training rows.
        mean: Subtracted from the values, one number for each channel; empty until learned.
        std: Divides what is left, one number for each channel; empty until learned.
        float64: Whether float32 would lose digits of a channel, such as of seconds since 1970; the
            exported model then takes the series as float64.
        clip: Up to this many standard deviations values are as they are; those that are further
            off count as nearer, by `2 clip - clip^2 / |value|`, so that none is above `2 clip`.
            Where they are not standardised, 1e12 takes its place. `None`, as in older files, leaves
            them all.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> Sensor(channels=("x", "y", "z"), length=100, sample_rate=50.0).tensors
    {'sensor': ((100, 3), 'float32'), 'sensor_mask': ((100,), 'bool')}
    """

    kind: ClassVar[str] = "sensor"
    sequential: ClassVar[bool] = True
    masked: ClassVar[bool] = True
    unwritten: ClassVar[Mapping[str, object]] = {"clip": None}

    name: str = "sensor"
    channels: tuple[str, ...]
    length: int
    sample_rate: float | None = None
    indicators: bool = False
    standardize: bool = True
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    float64: bool = False
    clip: float | None = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.channels or len(set(self.channels)) < len(self.channels):
            raise ValueError(
                "`channels` must be names that differ, at least one. "
                f"Received: channels={self.channels}"
            )
        if self.length < 1:
            raise ValueError(f"`length` must be at least 1 step. Received: length={self.length}")
        if self.sample_rate is not None and not self.sample_rate > 0:
            raise ValueError(
                f"`sample_rate` must be above 0 Hz. Received: sample_rate={self.sample_rate}"
            )
        check_statistics(self, len(self.channels), "channel")
        check_clip(self.clip)

    @property
    def shape(self) -> tuple[int, ...]:
        """`(length, channels)`, twice the channels with `indicators`."""
        return (self.length, len(self.channels) * (1 + self.indicators))
