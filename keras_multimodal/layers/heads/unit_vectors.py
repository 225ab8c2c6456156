"""Vectors as directions."""

from typing import Any

import keras

from keras_multimodal._registration import register
from keras_multimodal.ops import l2_normalize, zero_masked
from keras_multimodal.types import Mask, Masks, Shapes, Tensors


@register
class UnitVectors(keras.layers.Layer):
    """Brings vectors to length one, and to zero where the row has nothing.

    Args:
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: A list of the vectors `(batch, dim)` and what they were made of, `(batch, width)`,
            whose mask says which rows have something, whatever the layers between did with it.
        mask: The masks of both, boolean `(batch,)` or `None`. The inputs' own by default.

    Returns:
        `(batch, dim)`.

    Masking:
        The mask of what the vectors were made of goes on.

    Raises:
        ValueError: If the inputs are not two tensors of two axes.

    Example:

    >>> UnitVectors()([keras.ops.ones((3, 4)), keras.ops.ones((3, 9))])[0, 0]
    <tf.Tensor: shape=(), dtype=float32, numpy=0.5>
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Shapes) -> None:
        """Look at the shapes; there are no weights."""
        self._check(input_shape)

    def call(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Scale; see the class."""
        vectors, _ = inputs
        return l2_normalize(zero_masked(vectors, None if mask is None else mask[1]))

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Masks:
        """Return which rows have something."""
        return None if previous_mask is None else previous_mask[1]

    def compute_output_shape(self, input_shape: Shapes) -> Shapes:
        """Return `(batch, dim)`."""
        self._check(input_shape)
        return tuple(input_shape[0])

    def _check(self, shapes: Shapes) -> None:
        if (
            not isinstance(shapes, (list, tuple))
            or len(shapes) != 2
            or any(not isinstance(shape, (list, tuple)) or len(shape) != 2 for shape in shapes)
        ):
            raise ValueError(
                "`inputs` must be a list of vectors (batch, dim) and what they were made of, "
                f"(batch, width). Received: shapes {shapes}"
            )
