"""The description of a recording."""

import dataclasses
import math
import numbers
from collections.abc import Sequence
from typing import ClassVar, Literal, Self

from keras_multimodal.schema.kinds import register_modality
from keras_multimodal.schema.modality import Modality
from keras_multimodal.types import Cell

# Where a column alone is known.
_SAMPLE_RATE = 16_000  # Hz
_SECONDS = 5


@register_modality
@dataclasses.dataclass(frozen=True, kw_only=True)
class Audio(Modality):
    """A recording: the bytes of a WAV file in, `(num_samples,)` mono float32 in [-1, 1] out.

    Args:
        name: The input's name.
        optional: Whether a row may lack the recording.
        sample_rate: Rate in Hz to which recordings are resampled.
        num_samples: Samples kept of each recording; shorter ones are padded, longer ones cut.
        crop: Which part of a longer one is kept: `"start"` or `"center"`.
        normalize: `"peak"` scales what is kept to a largest magnitude of 1, `"rms"` to
            `target_level`; `None` leaves it. Silence stays silence.
        target_level: Level that `"rms"` brings the kept samples to, at most 0 dBFS: 20 times the
            decimal logarithm of their root mean square, so that a sine that reaches 1 is at -3. A
            recording whose largest magnitude would pass 1 is scaled to 1 instead, and so stays
            below this level. Defaults to -20.

    Raises:
        TypeError: If a number is of another type.
        ValueError: If an argument is out of its range.

    Example:

    >>> Audio(sample_rate=8_000, num_samples=4_000).tensors
    {'audio': ((4000,), 'float32'), 'audio_mask': ((4000,), 'bool')}
    """

    kind: ClassVar[str] = "audio"
    sequential: ClassVar[bool] = True
    masked: ClassVar[bool] = True

    name: str = "audio"
    sample_rate: int
    num_samples: int
    crop: Literal["start", "center"] = "start"
    normalize: Literal["peak", "rms"] | None = None
    target_level: float = -20.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("sample_rate", "num_samples"):
            value = getattr(self, field)
            if isinstance(value, bool) or not isinstance(value, numbers.Integral):
                raise TypeError(f"`{field}` must be an integer. Received: {field}={value!r}")
            if value < 1:
                raise ValueError(f"`{field}` must be at least 1. Received: {field}={value}")
            object.__setattr__(self, field, int(value))  # JSON knows no integers of NumPy
        for field, choices in (("crop", ("start", "center")), ("normalize", ("peak", "rms", None))):
            if getattr(self, field) not in choices:
                raise ValueError(
                    f"`{field}` must be one of {list(choices)}. "
                    f"Received: {field}={getattr(self, field)!r}"
                )
        level = self.target_level
        if isinstance(level, bool) or not isinstance(level, numbers.Real):
            raise TypeError(
                f"`target_level` must be a number of dBFS. Received: target_level={level!r}"
            )
        if not -math.inf < level <= 0:
            raise ValueError(
                f"`target_level` must be a level of at most 0 dBFS. Received: target_level={level}"
            )
        object.__setattr__(self, "target_level", float(level))

    @classmethod
    def from_cells(cls, cells: Sequence[Cell], *, name: str, optional: bool) -> Self:
        """Return the description of recordings of 5 seconds at 16 kHz; the cells are not read."""
        return cls(
            name=name,
            optional=optional,
            sample_rate=_SAMPLE_RATE,
            num_samples=_SAMPLE_RATE * _SECONDS,
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """`(num_samples,)`."""
        return (self.num_samples,)
