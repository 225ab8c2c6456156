"""Embeddings, and how much their likeness weighs."""

import math
from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.types import Mask, Masks, Shapes, Tensors

LARGEST_SCALE = 100.0


@register
class ContrastiveHead(keras.layers.Layer):
    """Towers side by side, each with a learned scale and bias behind it for a contrastive loss.

    The scale, the inverse of the softmax's temperature, is learned as its logarithm and stays at
    100 at most, or is held where it is.

    Args:
        scale: The scale to start from, in (0, 100]. Default `1 / 0.07`; SigLIP starts from 10.
        bias: The bias to start from. Default 0; SigLIP, which alone reads it, starts from -10.
        learn_scale: Whether the scale is learned. Default True.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: A list of embeddings `(batch, dim)`, one for each tower, of length one.

    Returns:
        `(batch, towers, dim + 2)`: the embeddings, the scale and the bias.

    Masking:
        There is no mask in the output: the loss is told by its labels which rows lack a part.

    Raises:
        ValueError: If the scale is out of its range, or the inputs are not two or more vectors of
            one width.

    Example:

    >>> towers = [keras.ops.ones((3, 4)) / 2, keras.ops.ones((3, 4)) / 2]
    >>> ContrastiveHead()(towers).shape
    TensorShape([3, 2, 6])

    Reference:
        Radford et al., "Learning Transferable Visual Models From Natural Language Supervision",
        2021, section 2.5 (the scale); Zhai et al., "Sigmoid Loss for Language Image Pre-Training",
        2023, section 3.2 (the bias).
    """

    def __init__(
        self,
        scale: float = 1 / 0.07,
        bias: float = 0.0,
        learn_scale: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not 0 < scale <= LARGEST_SCALE:
            raise ValueError(f"`scale` must be in (0, 100]. Received: scale={scale}")
        self.scale = scale
        self.bias = bias
        self.learn_scale = learn_scale
        self.supports_masking = True

    def build(self, input_shape: Shapes) -> None:
        """Make scale and bias."""
        self._check(input_shape)
        if not self.built:
            start = keras.initializers.Constant(math.log(self.scale))
            self.log_scale = self.add_weight(
                (), initializer=start, trainable=self.learn_scale, name="log_scale"
            )
            start = keras.initializers.Constant(self.bias)
            self.offset = self.add_weight((), initializer=start, name="bias")

    def call(self, inputs: Tensors) -> Tensors:
        """Put everything side by side."""
        stacked = ops.stack(inputs, axis=1)  # (batch, towers, dim)
        scale = ops.minimum(ops.exp(self.log_scale), LARGEST_SCALE)
        ones = ops.ones_like(stacked[..., :1])
        extras = [ones * ops.cast(each, stacked.dtype) for each in (scale, self.offset)]
        return ops.concatenate([stacked, *extras], axis=-1)

    def compute_mask(self, inputs: Tensors, previous_mask: Mask = None) -> Masks:
        """Return None: the loss needs no mask."""
        return None

    def compute_output_shape(self, input_shape: Shapes) -> Shapes:
        """Return `(batch, towers, dim + 2)`."""
        self._check(input_shape)
        return (input_shape[0][0], len(input_shape), input_shape[0][1] + 2)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {
            **super().get_config(),
            "scale": self.scale,
            "bias": self.bias,
            "learn_scale": self.learn_scale,
        }

    def _check(self, shapes: Shapes) -> None:
        if (
            not isinstance(shapes, (list, tuple))
            or len(shapes) < 2
            or any(not isinstance(shape, (list, tuple)) or len(shape) != 2 for shape in shapes)
            or len({shape[1] for shape in shapes}) > 1
        ):
            raise ValueError(
                "`inputs` must be a list of two or more vectors (batch, dim) of one width. "
                f"Received: shapes {shapes}"
            )
