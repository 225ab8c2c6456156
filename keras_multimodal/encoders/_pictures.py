"""What encoders ask of pictures."""

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
