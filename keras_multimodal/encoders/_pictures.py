"""What the convolutional encoders of pictures share, and what all ask of them."""

import math
import warnings
from typing import Any

import keras

from keras_multimodal.schema import Image
from keras_multimodal.types import Tensor


def check_picture_shape(shape: tuple[int | None, ...]) -> None:
    """Raise a ValueError unless it is `(batch, height, width, channels)`, the channels known."""
    if len(shape) != 4 or shape[-1] is None:
        raise ValueError(
            "`inputs` must be pictures of shape (batch, height, width, channels). "
            f"Received: shape {shape}"
        )


def check_pixels(pictures: Tensor) -> None:
    """Raise a ValueError unless they have a float dtype."""
    if not keras.backend.is_float_dtype(pictures.dtype):
        raise ValueError(
            "`inputs` must be pictures of a float dtype, with pixels in [0, 1]. "
            f"Received: dtype {pictures.dtype}. Rescale them first, for instance with "
            "`ImageStream(rescale=1/255)`."
        )


def check_image(image: Image, encoder: str) -> None:
    """Raise a ValueError unless it makes pictures that an encoder reads, and warn of large pixels.

    Args:
        image: An image's description.
        encoder: What the encoder is called.
    """
    if image.data_format != "channels_last":
        raise ValueError(
            f"{image.name!r} must have its channels last for {encoder}. "
            f"Received: data_format={image.data_format!r}"
        )
    if image.output_dtype != "float32":
        raise ValueError(
            f"{image.name!r} must be float32 pixels in [0, 1] for {encoder}. "
            f"Received: output_dtype={image.output_dtype!r}. Load it with `rescale=1/255`"
        )
    largest = (2**image.bits - 1) * image.rescale
    if not is_normalized(image) and largest > 1 + 1e-6:
        warnings.warn(
            f"{image.name!r} has pixels up to {largest:g}, and {encoder} reads pixels in [0, 1]. "
            f"Load it with `rescale=1/{2**image.bits - 1}`",
            stacklevel=3,
        )


def is_normalized(image: Image) -> bool:
    """Return whether more is done to the pixels than rescaling."""
    given = (image.samplewise_center, image.samplewise_std, image.mean, image.std, image.whitening)
    return any(given)


def convolution(filters: int, size: int, strides: int, policy: Any) -> keras.layers.Conv2D:
    """Return a convolution without a bias, which the normalization that follows has."""
    return keras.layers.Conv2D(
        filters,
        size,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        dtype=policy,
    )


def halved_grid(values_shape: tuple[int | None, ...], stages: int) -> tuple[int, int] | None:
    """Return rows and columns after so many halvings; None where the size is unknown."""
    _, height, width, _ = values_shape
    if height is None or width is None:
        return None
    return math.ceil(height / 2**stages), math.ceil(width / 2**stages)
