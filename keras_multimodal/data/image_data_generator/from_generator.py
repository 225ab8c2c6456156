"""The settings of a Keras `ImageDataGenerator`, and what it has learned."""

import base64
from typing import Any

import numpy as np
import tensorflow as tf

from keras_multimodal.data.image.statistics import EPSILON
from keras_multimodal.schema import Image

_SETTINGS = (
    "featurewise_center",
    "samplewise_center",
    "featurewise_std_normalization",
    "samplewise_std_normalization",
    "zca_whitening",
    "zca_epsilon",
    "rotation_range",
    "width_shift_range",
    "height_shift_range",
    "brightness_range",
    "shear_range",
    "zoom_range",
    "channel_shift_range",
    "fill_mode",
    "cval",
    "horizontal_flip",
    "vertical_flip",
    "rescale",
    "preprocessing_function",
    "data_format",
    "interpolation_order",
    "dtype",
)


def generator_settings(generator: Any) -> tuple[dict[str, Any], Image | None]:
    """Return the settings of a generator by name, and the statistics that it has learned.

    Args:
        generator: A `keras.preprocessing.image.ImageDataGenerator`.

    Returns:
        The settings, and a description of one pixel that holds the statistics; `None` if `fit` has
        not been called.

    Raises:
        TypeError: If it is no generator.
    """
    if not isinstance(generator, tf.keras.preprocessing.image.ImageDataGenerator):
        raise TypeError(
            "`generator` must be a keras.preprocessing.image.ImageDataGenerator. "
            f"Received: {type(generator).__name__}"
        )
    settings = {name: getattr(generator, name) for name in _SETTINGS}
    # Keras keeps it under a private name only.
    settings["validation_split"] = generator._validation_split
    if generator.mean is None:
        return settings, None
    std, whitening = generator.std, generator.zca_whitening_matrix
    learned = Image(
        height=1,
        width=1,
        channels=np.size(generator.mean),
        mean=tuple(np.ravel(generator.mean).tolist()),
        std=() if std is None else tuple((np.ravel(std) + EPSILON).tolist()),
        whitening="" if whitening is None else _encoded(whitening),
    )
    return settings, learned


def _encoded(matrix: np.ndarray) -> str:
    return base64.b64encode(np.asarray(matrix).astype("<f4").tobytes()).decode("ascii")
