"""What the convolutional encoders of pictures share, and what all ask of them."""

import math
from typing import Any

import keras


def check_picture_shape(shape: tuple[int | None, ...]) -> None:
    """Raise a ValueError unless it is `(batch, height, width, channels)`, the channels known."""
    if len(shape) != 4 or shape[-1] is None:
        raise ValueError(
            "`inputs` must be pictures of shape (batch, height, width, channels). "
            f"Received: shape {shape}"
        )


def check_pixels(pictures: Any) -> None:
    """Raise a ValueError unless they have a float dtype."""
    if not keras.backend.is_float_dtype(pictures.dtype):
        raise ValueError(
            "`inputs` must be pictures of a float dtype, with pixels in [0, 1]. "
            f"Received: dtype {pictures.dtype}. Rescale them first, for instance with "
            "`ImageStream(rescale=1/255)`."
        )


def convolution(filters: int, size: int, strides: int, policy: Any) -> keras.layers.Conv2D:
    """A convolution without a bias, which the normalization that follows has."""
    return keras.layers.Conv2D(
        filters,
        size,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        dtype=policy,
    )


def grid_places(values_shape: tuple[int | None, ...], stages: int) -> int | None:
    """Places of the grid that so many halvings make; None where the size is unknown."""
    _, height, width, _ = values_shape
    if height is None or width is None:
        return None
    return math.ceil(height / 2**stages) * math.ceil(width / 2**stages)
