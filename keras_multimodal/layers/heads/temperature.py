"""How sure a classifier may be."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.types import Shapes, Tensors


@register
class Temperature(keras.layers.Layer):
    """Divides logits by a temperature, 1 until it is fitted by `tasks.calibrate`.

    `output = logits / T`

    The class that is most probable stays so. Training leaves the temperature alone.

    Args:
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: Logits `(batch, classes)`.

    Returns:
        `(batch, classes)`.

    Masking:
        Masks pass through.

    Example:

    >>> layer = Temperature()
    >>> layer(keras.ops.ones((1, 2))).shape
    TensorShape([1, 2])

    Reference:
        Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 9.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Shapes) -> None:
        """Make the temperature."""
        if not self.built:
            self.temperature = self.add_weight(
                (), initializer="ones", trainable=False, name="temperature"
            )

    def call(self, inputs: Tensors) -> Tensors:
        """Divide."""
        return inputs / ops.cast(self.temperature, inputs.dtype)

    def compute_output_shape(self, input_shape: Shapes) -> Shapes:
        """Return the shape of the logits."""
        return input_shape
