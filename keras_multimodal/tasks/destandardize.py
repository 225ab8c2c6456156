"""From standard deviations back to the user's units."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_multimodal._registration import register


@register
class Destandardize(keras.layers.Layer):
    """Brings standardised predictions to the user's units: `output = inputs * std + mean`.

    Args:
        mean: The mean of each target over the training rows.
        std: The standard deviation of each, above 0.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: `(batch, targets)`, or `(batch, targets, quantiles)`.

    Returns:
        The same shape.

    Masking:
        Masks pass through.

    Raises:
        ValueError: If there are not as many means as deviations, a deviation is not positive, or
            the inputs have another number of targets.

    Example:

    >>> layer = Destandardize(mean=(100.0,), std=(10.0,))
    >>> keras.ops.convert_to_numpy(layer(np.array([[-1.5], [0.0]])))
    array([[ 85.],
           [100.]], dtype=float32)
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not mean or len(mean) != len(std) or min(std) <= 0:
            raise ValueError(
                "`mean` and `std` must have a number for each target, those of `std` above 0. "
                f"Received: mean={tuple(mean)}, std={tuple(std)}"
            )
        self.mean = tuple(mean)
        self.std = tuple(std)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Check the number of targets."""
        if len(input_shape) not in (2, 3) or input_shape[1] != len(self.mean):
            raise ValueError(
                f"`inputs` must be (batch, {len(self.mean)}) or (batch, {len(self.mean)}, "
                f"quantiles). Received: shape {tuple(input_shape)}"
            )

    def call(self, inputs: Any) -> Any:
        """Scale and shift."""
        shape = (1, -1) if len(inputs.shape) == 2 else (1, -1, 1)
        std, mean = (
            ops.cast(np.reshape(np.asarray(x, "float32"), shape), inputs.dtype)
            for x in (self.std, self.mean)
        )
        return inputs * std + mean

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the inputs."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Every argument."""
        return {**super().get_config(), "mean": self.mean, "std": self.std}
