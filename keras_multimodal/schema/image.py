"""The description of a picture."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, Self

from keras_multimodal.schema.kinds import register_modality
from keras_multimodal.schema.modality import Modality
from keras_multimodal.types import Cell

_PIXELS = 96  # height and width, where a column alone is known
_INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5")


@register_modality
@dataclasses.dataclass(frozen=True, kw_only=True)
class Image(Modality):
    """A picture: encoded bytes (JPEG, PNG, GIF or BMP) in, `(height, width, channels)` out.

    The pixel that the model sees is `(pixel * rescale - mean) / std`, with `pixel` in [0, 255]; the
    picture's own mean and deviation come before those, and whitening after.

    Args:
        name: The input's name.
        optional: Whether a row may lack the picture.
        height: Height in pixels.
        width: Width in pixels.
        channels: 1 (grey), 3 (RGB) or 4 (RGBA). Pictures in arrays may have any other number, such
            as those of satellites; an exported model, which takes files, cannot be given these.
        interpolation: How pictures of another size are resized, in `tf.image.resize`'s terms:
            `"nearest"`, `"bilinear"`, `"bicubic"`, `"area"`, `"lanczos3"` or `"lanczos5"`.
        antialias: Smooth before shrinking, as Pillow does; `"nearest"` and `"area"` ignore it.
        keep_aspect_ratio: Crop the picture's centre to the target's proportions before resizing,
            instead of stretching it.
        crop: Cut the target out of the picture's centre instead of resizing. A picture that is too
            small for that is enlarged until it covers the target.
        scaled_decoding: Let the JPEG decoder leave out what a target of at most half the picture's
            size does not need. The pixels are then not quite those of resizing the whole picture.
        max_pixels: A file that claims more pixels than this is refused before it is decoded; a few
            kilobytes can claim gigabytes. Defaults to 178,956,970, where Pillow refuses: 512 MiB.
            Pixels of transparent pictures and of progressive JPEGs, which take more memory, count
            for three.
        exif_orientation: Turn pictures as their EXIF says, as whoever shows them to people does.
            Else they stay as the camera lay, on their side for many of a phone's. Schemas written
            before there was this field leave them.
        bits: Bits of a grey level: 8, or 16 for grey PNGs whose values reach 65,535.
        output_dtype: `"float32"`, or `"uint8"` for pixels as they are, [0, 255], which take a
            quarter of the memory on their way to the model; the model rescales them itself.
        background: Grey level, in [0, 255], that shows through transparent pixels where
            `channels` is 1 or 3. `None` ignores transparency as Pillow does, and shows
            whatever colour the file happens to hold there.
        rescale: Factor on the pixel value, not zero; `1/255` gives [0, 1].
        samplewise_center: Whether the rescaled picture's own mean is subtracted.
        samplewise_std: Whether it is then divided by its own standard deviation, plus 1e-6.
        mean: Subtracted from the rescaled pixel, one number for each channel; empty for none.
        std: Divides what is left, one number for each channel; empty for none.
        whitening: The whitening matrix, `(height * width * channels,)` twice, as float32 in base64;
            empty for none.
        data_format: `"channels_last"`, or `"channels_first"` for `(channels, height, width)`.
        preprocessing_function: Name of a function of the user's that changes pictures before they
            are rescaled; empty for none. It cannot be part of an exported model.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> Image(height=72, width=96, rescale=1 / 255).shape
    (72, 96, 3)
    """

    kind: ClassVar[str] = "image"
    unwritten: ClassVar[Mapping[str, object]] = {"exif_orientation": False}

    name: str = "image"
    height: int
    width: int
    channels: int = 3
    interpolation: str = "bilinear"
    antialias: bool = True
    keep_aspect_ratio: bool = False
    crop: bool = False
    scaled_decoding: bool = False
    max_pixels: int = 178_956_970
    exif_orientation: bool = True
    bits: Literal[8, 16] = 8
    output_dtype: Literal["float32", "uint8"] = "float32"
    background: int | None = 255
    rescale: float = 1.0
    samplewise_center: bool = False
    samplewise_std: bool = False
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    whitening: str = ""
    data_format: Literal["channels_last", "channels_first"] = "channels_last"
    preprocessing_function: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.height < 1 or self.width < 1:
            raise ValueError(
                "`height` and `width` must be positive numbers of pixels. "
                f"Received: height={self.height}, width={self.width}"
            )
        if self.channels < 1:
            raise ValueError(f"`channels` must be at least 1. Received: channels={self.channels}")
        if self.interpolation not in _INTERPOLATIONS:
            raise ValueError(
                f"`interpolation` must be one of {list(_INTERPOLATIONS)}. "
                f"Received: interpolation={self.interpolation!r}"
            )
        if self.background is not None and not 0 <= self.background <= 255:
            raise ValueError(
                "`background` must be a grey level in [0, 255], or None. "
                f"Received: background={self.background}"
            )
        if not self.rescale:
            raise ValueError(f"`rescale` must not be zero. Received: rescale={self.rescale}")
        if self.data_format not in ("channels_last", "channels_first"):
            raise ValueError(
                "`data_format` must be 'channels_last' or 'channels_first'. "
                f"Received: data_format={self.data_format!r}"
            )
        if self.max_pixels < 1:
            raise ValueError(f"`max_pixels` must be positive. Received: {self.max_pixels}")
        if self.bits not in (8, 16) or (self.bits == 16 and self.channels != 1):
            raise ValueError(
                "`bits` must be 8, or 16 where `channels` is 1. "
                f"Received: bits={self.bits}, channels={self.channels}"
            )
        if self.crop and (self.keep_aspect_ratio or self.scaled_decoding):
            raise ValueError(
                "`crop` must go without `keep_aspect_ratio` and `scaled_decoding`, which are ways "
                "of resizing. Received: crop=True with one of them"
            )
        self._check_output()
        for field in ("mean", "std"):
            values = getattr(self, field)
            if len(values) not in (0, self.channels):
                raise ValueError(
                    f"`{field}` must have one number for each of the {self.channels} channels, "
                    f"or be empty. Received: {field}={values}"
                )

    def _check_output(self) -> None:
        if self.output_dtype not in ("float32", "uint8"):
            raise ValueError(
                "`output_dtype` must be 'float32' or 'uint8'. "
                f"Received: output_dtype={self.output_dtype!r}"
            )
        changed = (
            self.rescale != 1
            or self.samplewise_center
            or self.samplewise_std
            or self.mean
            or self.std
            or self.whitening
        )
        if self.output_dtype == "uint8" and (changed or self.bits == 16):
            raise ValueError(
                "`output_dtype='uint8'` must go with pixels of 8 bits that are not rescaled or "
                "normalised; let the model's first layer do so, such as keras.layers.Rescaling. "
                f"Received: rescale={self.rescale}, mean={self.mean}, std={self.std}, "
                f"samplewise_center={self.samplewise_center}, "
                f"samplewise_std={self.samplewise_std}, bits={self.bits}"
            )

    @property
    def dtype(self) -> str:
        """The dtype of the pixels that the model receives."""
        return self.output_dtype

    @classmethod
    def from_cells(cls, cells: Sequence[Cell], *, name: str, optional: bool) -> Self:
        """Return the description of pictures of 96 by 96 pixels in [0, 1], which are not read."""
        return cls(name=name, optional=optional, height=_PIXELS, width=_PIXELS, rescale=1 / 255)

    @property
    def shape(self) -> tuple[int, ...]:
        """`(height, width, channels)`, or as `data_format` says."""
        if self.data_format == "channels_first":
            return (self.channels, self.height, self.width)
        return (self.height, self.width, self.channels)

    @property
    def whitened_numbers(self) -> int:
        """The numbers of a picture that `whitening` is for; 0 without it."""
        size = len(self.whitening) * 3 // 4 - self.whitening.count("=")
        return math.isqrt(size // 4)

    @property
    def obstacle(self) -> str:
        """A function of the user's cannot be described, and no file holds just any channels."""
        if self.channels not in (1, 3, 4):
            return (
                f"{self.name!r} has {self.channels} channels, and no file that TensorFlow reads "
                "has these. Save the model itself, as `.keras`, and give it arrays"
            )
        if not self.preprocessing_function:
            return ""
        return (
            f"the preprocessing_function {self.preprocessing_function!r} of {self.name!r} is "
            "yours. Make it the model's first layer, and train on a column without it"
        )
