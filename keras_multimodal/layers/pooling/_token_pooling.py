"""What the layers share that make one vector of a row's tokens."""

from typing import Any

import keras
from keras import ops

from keras_multimodal.layers._checks import check_float, check_mask
from keras_multimodal.types import Mask, Masks, Shape, Tensor, Tensors


class TokenPooling(keras.layers.Layer):
    """Pools tokens `(batch, length, dim)` to vectors `(batch, dim)`.

    A subclass says in `pool` how.

    Args:
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Shape) -> None:
        """Check the rank."""
        if len(input_shape) != 3 or input_shape[-1] is None:
            raise ValueError(
                "`inputs` must be tokens of shape (batch, length, dim), dim known. "
                f"Received: shape {tuple(input_shape)}"
            )

    def pool(self, x: Tensor, mask: Mask) -> Tensor:
        """Pool `(batch, length, dim)` to `(batch, dim)`."""
        raise NotImplementedError

    def call(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Pool; see the class."""
        check_tokens(inputs, mask)
        return self.pool(inputs, mask)

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Masks:
        """Return True in the rows that have a token; None if there is no mask."""
        return None if previous_mask is None else ops.any(previous_mask, axis=1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return `(batch, dim)`."""
        return (input_shape[0], input_shape[-1])

    def compute_output_spec(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Return one vector for each row."""
        check_tokens(inputs, mask)
        shape = self.compute_output_shape(inputs.shape)
        return keras.KerasTensor(shape, dtype=self.compute_dtype)


def check_tokens(inputs: Tensors, mask: Mask) -> None:
    """Raise a ValueError unless `inputs` has a float dtype and `mask` fits it."""
    check_float(inputs, "inputs")
    check_mask(mask, inputs, "mask")
