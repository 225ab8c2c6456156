"""Gated multimodal units."""

from typing import Any

from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._initializers import clone_initializer
from keras_multimodal.layers._modalities import Name, part_name
from keras_multimodal.layers.fusion._projecting_fusion import ProjectingFusion
from keras_multimodal.layers.fusion._vector_fusion import shares, stacked_presence
from keras_multimodal.types import Mask, Tensor, Tensors


@register
class GatedFusion(ProjectingFusion):
    """A gate for each modality and feature, seen from all modalities.

    With `h_m` modality `m`'s vector (tokens are pooled first), zeros where it is absent, `p_m` 1
    where it is present, and `[...]` all of them side by side:

    `output = sum_m p_m z_m * tanh(W_m h_m + b_m)`, `z_m = sigmoid(U_m [h_1, ..., h_M] + c_m)`

    Args:
        units: Width of the output.
        pooling: How tokens become one vector: `"mean"` (default) or `"max"`, over real tokens.
        use_bias: Whether there are `b_m` and `c_m`. Default True. The paper has none.
        kernel_initializer: Initializer of the `W_m` and `U_m`. Default `"glorot_uniform"`.
        kernel_regularizer: Regularizer of the `W_m` and `U_m`. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities of any width: tokens `(batch, length, dim)` or
            vectors `(batch, dim)`, in any mixture.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.

    Returns:
        Vectors `(batch, units)`.

    Masking:
        A modality without a real token in a row takes no part in it: neither in the sum nor in the
        others' gates, and it has no gradient. A row without any modality gives zeros. The output's
        mask, `(batch,)`, is True where some modality is there; there is none if some modality has
        no mask.

    Raises:
        ValueError: If an argument is out of its range; if the inputs aren't a list or dict of float
            tensors, or have other names than those the layer was built for; or if a mask isn't a
            boolean that fits its modality.

    Example:

    >>> import keras
    >>> picture, title = keras.ops.ones((2, 3)), keras.ops.ones((2, 5, 4))
    >>> GatedFusion(8)({"image": picture, "text": title}).shape
    TensorShape([2, 8])

    Reference:
        Arevalo et al., "Gated Multimodal Units for Information Fusion", 2017, equation for several
        modalities. Its form for two, with one gate `z` and `1 - z`, is not this one.
    """

    def build_fusion(self, widths: dict[Name, int]) -> None:
        """Make the kernels and biases."""
        whole = sum(widths.values())
        self._kernels, self._gate_kernels, self._biases, self._gate_biases = [], [], [], []
        for name, width in widths.items():
            self._kernels.append(self._kernel(f"kernel_{part_name(name)}", width))
            self._gate_kernels.append(self._kernel(f"gate_kernel_{part_name(name)}", whole))
            if self.use_bias:
                self._biases.append(self._bias(f"bias_{part_name(name)}"))
                self._gate_biases.append(self._bias(f"gate_bias_{part_name(name)}"))

    def _kernel(self, name: str, width: int) -> Tensor:
        return self.add_weight(
            name=name,
            shape=(width, self.units),
            initializer=clone_initializer(self.kernel_initializer),
            regularizer=self.kernel_regularizer,
        )

    def _bias(self, name: str) -> Tensor:
        return self.add_weight(name=name, shape=(self.units,), initializer="zeros")

    def modality_weights(self, inputs: Tensors, mask: Mask = None) -> Tensor:
        """Return the share of each modality, `(batch, modalities)`, 0 where a row lacks it.

        They are the means of the gates `z_m` over the features, scaled to sum to one.

        Args:
            inputs: As for a call.
            mask: As for a call.
        """
        vectors, present = self.pool(inputs, mask)
        gates = ops.stack([ops.mean(gate, axis=-1) for gate in self._gates(vectors)], axis=1)
        return shares(gates, stacked_presence(vectors, present))

    def _gates(self, vectors: list[Any]) -> list[Any]:
        """Return the `z_m`, `(batch, units)` each."""
        whole = ops.concatenate(vectors, axis=-1)
        gates = [ops.matmul(whole, kernel) for kernel in self._gate_kernels]
        if self.use_bias:
            gates = [gate + bias for gate, bias in zip(gates, self._gate_biases, strict=True)]
        return [ops.sigmoid(gate) for gate in gates]

    def fuse(self, vectors: list[Any], present: list[Any]) -> Tensor:
        """Return the sum of the modalities, each through its gate."""
        gates = self._gates(vectors)
        gated = []
        for m, vector in enumerate(vectors):
            value = ops.matmul(vector, self._kernels[m])
            if self.use_bias:
                value = value + self._biases[m]
            gated.append(ops.tanh(value) * gates[m])
        total = ops.stack(gated, axis=1)  # (batch, modalities, units)
        flags = stacked_presence(vectors, present)
        if flags is not None:
            total = ops.where(ops.expand_dims(flags, -1), total, ops.zeros_like(total))
        return ops.sum(total, axis=1)
