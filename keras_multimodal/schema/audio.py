"""The description of a recording."""

import dataclasses
from typing import ClassVar, Literal

from keras_multimodal.schema.modality import Modality


@dataclasses.dataclass(frozen=True, kw_only=True)
class Audio(Modality):
    """A recording: the bytes of a WAV file in, `(num_samples,)` mono float32 in [-1, 1] out.

    Args:
        name: The input's name.
        optional: Whether a row may lack the recording.
        sample_rate: Rate in Hz to which recordings are resampled.
        num_samples: Samples kept of each recording; shorter ones are padded, longer ones cut.
        crop: Which part of a longer one is kept: `"start"` or `"center"`.
        normalize: `"peak"` scales what is kept to a largest magnitude of 1; `None` leaves it.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> Audio(sample_rate=8_000, num_samples=4_000).tensors
    {'audio': ((4000,), 'float32'), 'audio_mask': ((4000,), 'bool')}
    """

    kind: ClassVar[str] = "audio"
    masked: ClassVar[bool] = True

    name: str = "audio"
    sample_rate: int
    num_samples: int
    crop: Literal["start", "center"] = "start"
    normalize: Literal["peak"] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for field in ("sample_rate", "num_samples"):
            if getattr(self, field) < 1:
                raise ValueError(
                    f"`{field}` must be at least 1. Received: {field}={getattr(self, field)}"
                )
        for field, choices in (("crop", ("start", "center")), ("normalize", ("peak", None))):
            if getattr(self, field) not in choices:
                raise ValueError(
                    f"`{field}` must be one of {list(choices)}. "
                    f"Received: {field}={getattr(self, field)!r}"
                )

    @property
    def shape(self) -> tuple[int, ...]:
        """`(num_samples,)`."""
        return (self.num_samples,)
