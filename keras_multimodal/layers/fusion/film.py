"""Feature-wise linear modulation."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._checks import check_float, check_mask
from keras_multimodal.layers._initializers import clone_initializer
from keras_multimodal.ops import masked_mean, zero_masked
from keras_multimodal.types import Initializer, Mask, Regularizer, Shape, Tensor, Tensors


@register
class FiLM(keras.layers.Layer):
    """Scales and shifts each feature of one modality, by as much as another modality says.

    With `c` the condition (tokens are averaged first) and `*` the elementwise product:

    `output = (1 + gamma) * x + beta`, `[gamma, beta] = W c + b`

    The same `gamma` and `beta` serve every token of a row, or every place of a picture. They start
    at zero, the layer so as the identity, which leaves a pretrained model undisturbed.

    Args:
        kernel_initializer: Initializer of `W`; `b` starts at zero. Default `"zeros"`.
        kernel_regularizer: Regularizer of `W`. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        x: The features to modulate: vectors `(batch, dim)`, tokens `(batch, length, dim)` or
            pictures `(batch, height, width, dim)`.
        condition: What they are modulated by: a vector `(batch, condition_dim)` or tokens
            `(batch, condition_length, condition_dim)`.
        x_mask: Boolean, of the shape of `x` without its last axis, True where a feature vector is
            real; the Keras mask of `x` by default.
        condition_mask: Boolean `(batch, condition_length)` for tokens, `(batch,)` for a vector,
            True where the row has one; the condition's own Keras mask by default.

    Returns:
        A tensor of the shape of `x`.

    Masking:
        What stands at masked places is never read, NaN included. The output is zero at the masked
        places of `x` and carries the Keras mask of `x`. In a row without a condition the output is
        exactly `x`, biases or not, and the weights have no gradient.

    Raises:
        ValueError: If `x` or `condition` has the wrong rank or dtype, or if a mask isn't a boolean
            that fits its tensor.

    Example:

    >>> picture, question = keras.ops.ones((2, 9, 9, 32)), keras.ops.ones((2, 12, 16))
    >>> FiLM()(picture, question).shape
    TensorShape([2, 9, 9, 32])

    Reference:
        Perez et al., "FiLM: Visual Reasoning with a General Conditioning Layer", 2018, equations 1
        and 2, with `1 + gamma` for `gamma` as in its authors' code. What is absent is ours.
    """

    def __init__(
        self,
        kernel_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.supports_masking = True

    def build(self, x_shape: Shape, condition_shape: Shape) -> None:
        """Make the weights for tensors of the given shapes."""
        dim = _width(x_shape, "x", {2: "vectors", 3: "tokens", 4: "pictures"})
        condition_dim = _width(condition_shape, "condition", {2: "vectors", 3: "tokens"})
        self._modulation = keras.layers.Dense(
            2 * dim,
            kernel_initializer=clone_initializer(self.kernel_initializer),
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.dtype_policy,
            name="modulation",
        )
        self._modulation.build((None, condition_dim))

    def call(
        self, x: Tensor, condition: Tensor, x_mask: Mask = None, condition_mask: Mask = None
    ) -> Tensors:
        """Modulate; see the class."""
        _check(x, condition, x_mask, condition_mask)
        x, present = zero_masked(x, x_mask), condition_mask
        if len(condition.shape) == 3:
            condition = masked_mean(condition, condition_mask)  # (batch, condition_dim)
            present = None if condition_mask is None else ops.any(condition_mask, axis=1)
        else:
            condition = zero_masked(condition, condition_mask)
        # The bias has made something of nothing in the rows without a condition.
        modulation = zero_masked(self._modulation(condition), present)  # (batch, 2 * dim)
        dim = x.shape[-1]
        ones = [1] * (len(x.shape) - 2)
        modulation = ops.reshape(modulation, (-1, *ones, 2 * dim))
        gamma, beta = modulation[..., :dim], modulation[..., dim:]
        return zero_masked((1 + gamma) * x + beta, x_mask)

    def compute_output_shape(self, x_shape: Shape, condition_shape: Shape) -> Shape:
        """Return the shape of `x`."""
        return tuple(x_shape)

    def compute_output_spec(
        self, x: Tensor, condition: Tensor, x_mask: Mask = None, condition_mask: Mask = None
    ) -> Tensors:
        """Return a tensor of the shape of `x`."""
        _check(x, condition, x_mask, condition_mask)
        return keras.KerasTensor(x.shape, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }


def _width(shape: Shape, argument: str, kinds: dict[int, str]) -> int:
    """Return the last axis of a tensor of one of the ranks that `kinds` names."""
    if len(shape) not in kinds or shape[-1] is None:
        *others, last = kinds.values()
        raise ValueError(
            f"`{argument}` must be {', '.join(others)} or {last}, the last axis known. "
            f"Received: shape {tuple(shape)}"
        )
    return shape[-1]


def _check(x: Tensor, condition: Tensor, x_mask: Mask, condition_mask: Mask) -> None:
    check_float(x, "x")
    check_float(condition, "condition")
    check_mask(x_mask, x, "x_mask")
    check_mask(condition_mask, condition, "condition_mask")
