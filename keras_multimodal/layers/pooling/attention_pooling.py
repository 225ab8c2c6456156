"""A weighted mean of a row's tokens, with learned weights."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._initializers import clone_initializer
from keras_multimodal.layers.pooling._token_pooling import Shape, TokenPooling, check_tokens
from keras_multimodal.ops import masked_softmax, zero_masked
from keras_multimodal.types import Initializer, Mask, Regularizer, Tensor, Tensors


@register
class AttentionPooling(TokenPooling):
    """Averages the tokens that a row has with weights that a small network gives them.

    With `h_k` the tokens that a row has:

    `output = sum_k a_k h_k`, `a = softmax_k(w tanh(V h_k))`

    and with a gate `a = softmax_k(w (tanh(V h_k) * sigmoid(U h_k)))`.

    Args:
        hidden_units: Width of the hidden layer, `V` and `U`. Default `None`: the tokens' width.
        gated: Whether there is the gate, which lets the network be less linear. Default False.
        kernel_initializer: Initializer of `V`, `U` and `w`. Default `"glorot_uniform"`.
        kernel_regularizer: Regularizer of `V`, `U` and `w`. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: Tokens `(batch, length, dim)`.
        mask: Boolean `(batch, length)`, True where a token is real; the inputs' own Keras mask by
            default.
        return_weights: Whether to return the weights too. Default False.

    Returns:
        Vectors `(batch, dim)`; with `return_weights`, also the weights `(batch, length)`.

    Masking:
        What stands at masked places is never read, NaN included; the weights there are exactly
        zero. A row without a token gives zeros, and its weights are all zero. The output's mask,
        `(batch,)`, is True in the rows that have one; there is none without a mask.

    Raises:
        ValueError: If `hidden_units` isn't positive; if the inputs aren't tokens of a float dtype;
            or if the mask isn't a boolean that fits them.

    Example:

    >>> tokens = keras.random.normal((2, 5, 16))
    >>> vectors, weights = AttentionPooling(gated=True)(tokens, return_weights=True)
    >>> tuple(vectors.shape), tuple(weights.shape)
    ((2, 16), (2, 5))

    Reference:
        Ilse et al., "Attention-based Deep Multiple Instance Learning", 2018, equations 7 and 8,
        and with `gated` equation 9.
    """

    def __init__(
        self,
        hidden_units: int | None = None,
        gated: bool = False,
        kernel_initializer: Initializer = "glorot_uniform",
        kernel_regularizer: Regularizer = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if hidden_units is not None and hidden_units < 1:
            raise ValueError(
                f"`hidden_units` must be at least 1. Received: hidden_units={hidden_units}"
            )
        self.hidden_units = hidden_units
        self.gated = gated
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build(self, input_shape: Shape) -> None:
        """Make the kernels."""
        super().build(input_shape)
        hidden = (input_shape[-1], self.hidden_units or input_shape[-1])
        self._hidden_kernel = self._kernel("hidden_kernel", hidden)
        self._gate_kernel = self._kernel("gate_kernel", hidden) if self.gated else None
        self._score_kernel = self._kernel("score_kernel", (hidden[1], 1))

    def _kernel(self, name: str, shape: Shape) -> Tensor:
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=clone_initializer(self.kernel_initializer),
            regularizer=self.kernel_regularizer,
        )

    def call(self, inputs: Tensors, mask: Mask = None, return_weights: bool = False) -> Tensors:
        """Weigh and sum; see the class."""
        check_tokens(inputs, mask)
        x = zero_masked(inputs, mask)
        hidden = ops.tanh(ops.matmul(x, self._hidden_kernel))  # (batch, length, hidden_units)
        if self._gate_kernel is not None:
            hidden = hidden * ops.sigmoid(ops.matmul(x, self._gate_kernel))
        scores = ops.squeeze(ops.matmul(hidden, self._score_kernel), -1)  # (batch, length)
        weights = masked_softmax(scores, mask)
        output = ops.einsum("bl,bld->bd", weights, x)
        return (output, weights) if return_weights else output

    def compute_output_spec(
        self, inputs: Tensors, mask: Mask = None, return_weights: bool = False
    ) -> Tensors:
        """Return the vectors, and the weights where they are asked for."""
        output = super().compute_output_spec(inputs, mask)
        if not return_weights:
            return output
        return output, keras.KerasTensor(inputs.shape[:-1], dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "hidden_units": self.hidden_units,
            "gated": self.gated,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
