"""Quantiles that do not cross."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.types import Shapes, Tensors


@register
class OrderedQuantiles(keras.layers.Layer):
    """A dense layer whose outputs rise: quantiles of each target.

    With `h = W x + b` of each target, `q_1 = h_1` and `q_k = q_{k - 1} + softplus(h_k)`.

    Args:
        targets: How many targets, at least 1.
        quantiles: How many quantiles of each, at least 1.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: Vectors `(batch, width)`.

    Returns:
        `(batch, targets, quantiles)`, rising along the last axis.

    Masking:
        Masks pass through.

    Raises:
        ValueError: If a number is less than 1, or the inputs have another rank.

    Example:

    >>> layer = OrderedQuantiles(targets=2, quantiles=3)
    >>> tuple(layer(keras.ops.ones((4, 8))).shape)
    (4, 2, 3)
    """

    def __init__(self, targets: int, quantiles: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if targets < 1 or quantiles < 1:
            raise ValueError(
                "`targets` and `quantiles` must be at least 1. "
                f"Received: targets={targets}, quantiles={quantiles}"
            )
        self.targets = targets
        self.quantiles = quantiles
        self.supports_masking = True
        self._dense = keras.layers.Dense(targets * quantiles, dtype=self.dtype_policy)

    def build(self, input_shape: Shapes) -> None:
        """Build the dense layer."""
        if len(input_shape) != 2:
            raise ValueError(
                f"`inputs` must be (batch, width). Received: shape {tuple(input_shape)}"
            )
        if not self._dense.built:
            self._dense.build(input_shape)

    def call(self, inputs: Tensors) -> Tensors:
        """Return the lowest quantile, and what each is above the one before."""
        h = ops.reshape(self._dense(inputs), (-1, self.targets, self.quantiles))
        steps = ops.concatenate([h[..., :1], ops.softplus(h[..., 1:])], axis=-1)
        return ops.cumsum(steps, axis=-1)

    def compute_output_shape(self, input_shape: Shapes) -> tuple[int | None, ...]:
        """Return `(batch, targets, quantiles)`."""
        return (input_shape[0], self.targets, self.quantiles)

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "targets": self.targets, "quantiles": self.quantiles}
