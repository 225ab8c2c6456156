"""A residual block of two convolutions."""

from typing import Any

import keras
from keras import ops

from keras_multimodal.encoders._masked_normalization import batch_normalization, normalize
from keras_multimodal.encoders._pictures import convolution
from keras_multimodal.encoders.encoder import Shape
from keras_multimodal.types import Mask, Tensor, Tensors


class ResidualBlock(keras.layers.Layer):
    """`relu(s(x) + norm(W_2 * relu(norm(W_1 * x))))`, of 3x3 convolutions.

    `s(x)` is `x`, or where the shape changes a normalized 1x1 convolution of it.

    Args:
        filters: Channels.
        strides: Stride of the first convolution and of that of `s`.
        **kwargs: `name`, `dtype` and `trainable`.
    """

    def __init__(self, filters: int, strides: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        policy = self.dtype_policy
        self.filters = filters
        self.strides = strides
        self._convolutions = [
            convolution(filters, 3, strides, policy),
            convolution(filters, 3, 1, policy),
        ]
        self._normalizations = [batch_normalization(policy) for _ in range(2)]
        self._shortcut: list[Any] = []

    def build(self, input_shape: Shape) -> None:
        """Make the weights for features `(batch, rows, columns, channels)`."""
        shape = self.compute_output_shape(input_shape)
        self._convolutions[0].build(input_shape)
        self._convolutions[1].build(shape)
        for layer in self._normalizations:
            layer.build(shape)
        if self.strides > 1 or input_shape[-1] != self.filters:
            self._shortcut = [
                convolution(self.filters, 1, self.strides, self.dtype_policy),
                batch_normalization(self.dtype_policy),
            ]
            self._shortcut[0].build(input_shape)
            self._shortcut[1].build(shape)
        self.built = True

    def call(self, x: Tensor, present: Mask = None, training: bool | None = None) -> Tensors:
        """Return `(batch, rows, columns, channels)`, with statistics of rows that are `present`."""
        first, second = self._normalizations
        y = ops.relu(normalize(first, self._convolutions[0](x), present, training))
        y = normalize(second, self._convolutions[1](y), present, training)
        if self._shortcut:
            convolve, normalization = self._shortcut
            x = normalize(normalization, convolve(x), present, training)
        return ops.relu(x + y)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return `(batch, rows, columns, filters)`, rows and columns by the stride."""
        rows, columns = (
            None if size is None else -(-size // self.strides) for size in input_shape[1:3]
        )
        return (input_shape[0], rows, columns, self.filters)
