"""Mixtures of experts that see all modalities."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._initializers import clone_initializer, stacked_initializer
from keras_multimodal.layers._modalities import Name
from keras_multimodal.layers.fusion._absent_vectors import add_absent_vectors, side_by_side
from keras_multimodal.layers.fusion._vector_fusion import VectorFusion, known_rows
from keras_multimodal.ops import masked_softmax
from keras_multimodal.types import Activation, Initializer, Mask, Regularizer, Tensor, Tensors


@register
class MixtureOfExpertsFusion(VectorFusion):
    """Several small networks see all modalities, and a gate says which of them to believe.

    With `h` the modalities' vectors side by side (tokens are pooled first), and a learned vector in
    the place of each that is absent:

    `output = sum_e g_e E_e(h)`, `E_e(h) = V_e f(W_e h + b_e) + c_e`

    `g = softmax(U h + d)` over the `top_k` greatest of the numbers, and 0 for the other experts.

    Args:
        units: Width of the output.
        num_experts: How many experts there are, at least 2. Default 4.
        top_k: How many of them have a say in a row, from 2 to `num_experts`; `None` (default): all.
            All are computed just the same. With one, its weight would always be 1, and the gate
            would learn nothing.
        hidden_units: Width of each expert's hidden layer; `units` by default.
        activation: The `f`. Default `"gelu"`.
        balance: Factor of a loss that is added in training, at least 0: the square of the
            coefficient of variation of the experts' gates, summed over the batch. It keeps the gate
            from calling on the same few experts always. Default 0: none.
        pooling: How tokens become one vector: `"mean"` (default) or `"max"`, over real tokens.
        kernel_initializer: Initializer of `U`, the `W_e` and the `V_e`. Default `"glorot_uniform"`.
        kernel_regularizer: Regularizer of the same. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities of any width: tokens `(batch, length, dim)` or
            vectors `(batch, dim)`, in any mixture.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.
        return_weights: Whether to return the gates too. Default False.
        training: Whether the call is part of training.

    Returns:
        Vectors `(batch, units)`; with `return_weights`, also the gates `(batch, num_experts)`.

    Masking:
        A modality without a real token in a row has no gradient there; its learned vector has. A
        row without any modality gives zeros, gates included, and no gradient, and doesn't count in
        the loss. The output's mask, `(batch,)`, is True where some modality is there; there is none
        if some modality has no mask.

    Raises:
        ValueError: If an argument is out of its range; if the inputs aren't a list or dict of float
            tensors, or have other names than those the layer was built for; or if a mask isn't a
            boolean that fits its modality.

    Example:

    >>> picture, title = keras.ops.ones((2, 3)), keras.ops.ones((2, 5, 4))
    >>> layer = MixtureOfExpertsFusion(8, num_experts=3)
    >>> fused, gates = layer({"image": picture, "text": title}, return_weights=True)
    >>> tuple(fused.shape), tuple(gates.shape)
    ((2, 8), (2, 3))

    Reference:
        Shazeer et al., "Outrageously Large Neural Networks: The Sparsely-Gated Mixture-of-Experts
        Layer", 2017, equations 1 (the sum), 3 and 5 (the gate) and 6 and 7 (the loss). Its gate
        has noise, which is left out here, and no bias. What is absent is ours.
    """

    one_width = False

    def __init__(
        self,
        units: int,
        num_experts: int = 4,
        top_k: int | None = None,
        hidden_units: int | None = None,
        activation: Activation = "gelu",
        balance: float = 0.0,
        pooling: str = "mean",
        kernel_initializer: Initializer = "glorot_uniform",
        kernel_regularizer: Regularizer = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pooling=pooling, **kwargs)
        if not units > 0:
            raise ValueError(f"`units` must be positive. Received: units={units}")
        if num_experts < 2:
            raise ValueError(f"`num_experts` must be at least 2. Received: {num_experts=}")
        if top_k is not None and not 2 <= top_k <= num_experts:
            raise ValueError(
                "`top_k` must be from 2 to `num_experts`, or None: the gate of a single expert is "
                f"always 1 and learns nothing. Received: {top_k=}, {num_experts=}"
            )
        if hidden_units is not None and not hidden_units > 0:
            raise ValueError(f"`hidden_units` must be positive. Received: {hidden_units=}")
        if not balance >= 0:
            raise ValueError(f"`balance` must be at least 0. Received: {balance=}")
        self.units = units
        self.num_experts = num_experts
        self.top_k = top_k
        self.hidden_units = hidden_units
        self.activation = keras.activations.get(activation)
        self.balance = balance
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build_fusion(self, widths: dict[Name, int]) -> None:
        """Make the gate, the experts and the vectors of absent modalities."""
        whole, hidden = sum(widths.values()), self.hidden_units or self.units
        self._absent = add_absent_vectors(self, widths)
        self._gate_kernel = self.add_weight(
            name="gate_kernel",
            shape=(whole, self.num_experts),
            initializer=clone_initializer(self.kernel_initializer),
            regularizer=self.kernel_regularizer,
        )
        self._gate_bias = self.add_weight(
            name="gate_bias", shape=(self.num_experts,), initializer="zeros"
        )
        self._hidden_kernel, self._hidden_bias = self._experts("hidden", whole, hidden)
        self._kernel, self._bias = self._experts("expert", hidden, self.units)

    def _experts(self, name: str, width: int, units: int) -> tuple[Any, Any]:
        """Return the kernels and biases of one layer of all experts."""
        kernel = self.add_weight(
            name=f"{name}_kernel",
            shape=(self.num_experts, width, units),
            initializer=stacked_initializer(self.kernel_initializer),
            regularizer=self.kernel_regularizer,
        )
        bias = self.add_weight(
            name=f"{name}_bias", shape=(self.num_experts, units), initializer="zeros"
        )
        return kernel, bias

    def call(
        self,
        inputs: Tensors,
        mask: Mask = None,
        return_weights: bool = False,
        training: bool | None = None,
    ) -> Tensors:
        """Ask the experts and weigh what they say; see the class."""
        vectors, present = self.pool(inputs, mask)
        whole = side_by_side(vectors, present, self._absent)
        gates = self._gates(whole, known_rows(present))
        if training and self.balance:
            self.add_loss(self.balance * _imbalance(gates))
        gates = ops.cast(gates, whole.dtype)
        hidden = ops.einsum("bd,edh->beh", whole, self._hidden_kernel) + self._hidden_bias
        opinions = ops.einsum("beh,ehu->beu", self.activation(hidden), self._kernel) + self._bias
        # Where nothing is known all gates are zero, and so is the sum.
        output = ops.einsum("be,beu->bu", gates, opinions)
        return (output, gates) if return_weights else output

    def _gates(self, whole: Tensor, known: Mask) -> Tensor:
        """Return the gates `(batch, num_experts)`, in float32 at least.

        Args:
            whole: All modalities, `(batch, sum of the widths)`.
            known: The rows that have a modality, boolean `(batch,)`; None where all have.
        """
        scores = ops.matmul(whole, self._gate_kernel) + self._gate_bias
        scores = ops.cast(scores, keras.backend.result_type(whole.dtype, "float32"))
        mask = None
        if self.top_k is not None:
            # By position and not by value: of equal scores no more than `top_k` may be taken.
            _, positions = ops.top_k(scores, self.top_k)
            mask = ops.any(ops.one_hot(positions, self.num_experts, dtype="bool"), axis=1)
        if known is not None:
            known = ops.expand_dims(known, -1)
            mask = known if mask is None else ops.logical_and(mask, known)
        return masked_softmax(scores, mask)

    def output_width(self, widths: dict[Name, int]) -> int:
        """Return `units`."""
        return self.units

    def compute_output_spec(
        self,
        inputs: Tensors,
        mask: Mask = None,
        return_weights: bool = False,
        training: bool | None = None,
    ) -> Tensors:
        """Return the vectors, and the gates where they are asked for."""
        output = super().compute_output_spec(inputs, mask)
        if not return_weights:
            return output
        shape = (output.shape[0], self.num_experts)
        return output, keras.KerasTensor(shape, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "units": self.units,
            "num_experts": self.num_experts,
            "top_k": self.top_k,
            "hidden_units": self.hidden_units,
            "activation": keras.activations.serialize(self.activation),
            "balance": self.balance,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }


def _imbalance(gates: Tensor) -> Tensor:
    """Return the squared coefficient of variation of the experts' importance; 0 without a row."""
    importance = ops.sum(gates, axis=0)  # (num_experts,)
    square = ops.square(ops.mean(importance))
    return ops.var(importance) / ops.where(square > 0, square, ops.ones_like(square))
