"""The way from picture files to pixels."""

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

from keras_multimodal.data.image.files import grey_bits

ColorMode = Literal["rgb", "rgba", "grayscale"]

_CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
_INTERPOLATIONS = {"box": "area", "lanczos": "lanczos3"}


@dataclasses.dataclass(frozen=True)
class PictureFormat:
    """The size and the channels that pictures are brought to, and how, in Keras' terms.

    The arguments are described at `ImageStream.flow_from_dataframe`.
    """

    target_size: tuple[int, int]
    color_mode: ColorMode
    interpolation: str
    keep_aspect_ratio: bool
    antialias: bool
    scaled_decoding: bool

    def __post_init__(self) -> None:
        if self.color_mode not in _CHANNELS:
            raise ValueError(
                f"`color_mode` must be one of {list(_CHANNELS)}. "
                f"Received: color_mode={self.color_mode!r}"
            )

    def fields(self, paths: Sequence[str]) -> dict[str, Any]:
        """Return what `schema.Image` is to say of the pictures.

        Args:
            paths: The files.
        """
        height, width = (int(size) for size in self.target_size)
        return {
            "height": height,
            "width": width,
            "channels": _CHANNELS[self.color_mode],
            "interpolation": _INTERPOLATIONS.get(self.interpolation, self.interpolation),
            "keep_aspect_ratio": self.keep_aspect_ratio,
            "antialias": self.antialias,
            "scaled_decoding": self.scaled_decoding,
            "bits": grey_bits(paths) if self.color_mode == "grayscale" else 8,
        }
