"""One modality shifted by the others."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._initializers import clone_initializer
from keras_multimodal.layers._modalities import (
    Name,
    in_order,
    like_inputs,
    modality_names,
    modality_widths,
    part_name,
    values_and_masks,
)
from keras_multimodal.layers._norm import norm
from keras_multimodal.layers.fusion._vector_fusion import (
    check_pooling,
    known_rows,
    pool_modality,
)
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Initializer, Mask, Regularizer, Shapes, Tensor, Tensors

_LAYER_EPSILON = 1e-5
# The shortest displacement that is divided by.
_SHORTEST = 1e-6


@register
class MultimodalAdaptationGate(keras.layers.Layer):
    """Shifts each token of one modality, the anchor, by what the other modalities say.

    With `z` a token of the anchor, `h_m` the vector of another modality (its tokens are pooled
    first), and `|...|` the length of a vector:

    `H = sum_m relu(G_m [z, h_m] + c_m) * (W_m h_m) + b`

    `output = dropout(norm(z + a H))`, `a = min(beta |z| / |H|, 1)`

    The shift is never longer than `beta` times the token, so that what a pretrained model of the
    anchor goes on with stays close to what it knows.

    Args:
        anchor: The modality that is shifted: a name, or a position in a list. `None` (default): the
            first, which of a dict is the first of its names sorted.
        beta: The longest shift, as a share of the token's length, above 0. Default 1.
        dropout: Rate of the features dropped in training, in [0, 1). Default 0.
        pooling: How the others' tokens become one vector: `"mean"` (default) or `"max"`, over real
            tokens.
        kernel_initializer: Initializer of the `G_m` and `W_m`. Default `"glorot_uniform"`.
        kernel_regularizer: Regularizer of the `G_m` and `W_m`. Default `None`.
        seed: Seed of the dropout. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of two modalities or more, of any width: tokens
            `(batch, length, dim)` or vectors `(batch, dim)`, in any mixture.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.
        training: Whether the call is part of training.

    Returns:
        The modalities in the structure and the shapes of `inputs`: the anchor shifted, the others
        as they were.

    Masking:
        Each modality keeps its mask, and is zero at masked places. Another modality that is absent
        from a row contributes nothing there and has no gradient; where all others are, the anchor
        isn't shifted, but normalized.

    Raises:
        ValueError: If an argument is out of its range; if `anchor` is none of the modalities, or
            the only one; if the inputs aren't a list or dict of float tensors, or have other names
            than those the layer was built for; or if a mask isn't a boolean that fits its modality.

    Example:

    >>> words, picture = keras.random.normal((2, 5, 8)), keras.random.normal((2, 3))
    >>> gate = MultimodalAdaptationGate(anchor="text")
    >>> shifted = gate({"text": words, "image": picture})
    >>> tuple(shifted["text"].shape), tuple(shifted["image"].shape)
    ((2, 5, 8), (2, 3))

    Reference:
        Rahman et al., "Integrating Multimodal Information in Large Pretrained Transformers", 2020,
        the equations of the gate. There the other modalities are aligned with the words, each word
        having a vector of theirs; here each has one vector for the whole row.
    """

    def __init__(
        self,
        anchor: Name | None = None,
        beta: float = 1.0,
        dropout: float = 0.0,
        pooling: str = "mean",
        kernel_initializer: Initializer = "glorot_uniform",
        kernel_regularizer: Regularizer = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not beta > 0:
            raise ValueError(f"`beta` must be above 0. Received: beta={beta}")
        if not 0 <= dropout < 1:
            raise ValueError(f"`dropout` must be in [0, 1). Received: dropout={dropout}")
        check_pooling(pooling)
        self.anchor = anchor
        self.beta = beta
        self.dropout = dropout
        self.pooling = pooling
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.seed = seed
        self.supports_masking = True

    def build(self, input_shape: Shapes) -> None:
        """Settle the modalities' order and make the weights."""
        self.modality_names = modality_names(input_shape)
        widths = modality_widths(input_shape, self.modality_names)
        anchor = self.modality_names[0] if self.anchor is None else self.anchor
        if anchor not in self.modality_names:
            raise ValueError(
                f"`anchor` must be one of the modalities {list(self.modality_names)}. "
                f"Received: anchor={anchor!r}"
            )
        if len(widths) == 1:
            raise ValueError(
                "`inputs` must have another modality than the anchor, to shift it. "
                f"Received: {list(self.modality_names)}"
            )
        self._anchor = self.modality_names.index(anchor)
        dim = widths.pop(anchor)
        self._gates, self._kernels = [], []
        for name, width in widths.items():
            part = part_name(name)
            kernel = self._kernel(f"gate_kernel_{part}", dim + width, dim)
            bias = self.add_weight(name=f"gate_bias_{part}", shape=(dim,), initializer="zeros")
            self._gates.append((kernel, bias))
            self._kernels.append(self._kernel(f"kernel_{part}", width, dim))
        self._bias = self.add_weight(name="bias", shape=(dim,), initializer="zeros")
        self._normalization = keras.layers.LayerNormalization(
            epsilon=_LAYER_EPSILON, dtype=self.dtype_policy, name="normalization"
        )
        self._normalization.build(in_order(input_shape, self.modality_names)[self._anchor])
        self._dropout = keras.layers.Dropout(self.dropout, seed=self.seed, dtype=self.dtype_policy)

    def _kernel(self, name: str, width: int, units: int) -> Tensor:
        return self.add_weight(
            name=name,
            shape=(width, units),
            initializer=clone_initializer(self.kernel_initializer),
            regularizer=self.kernel_regularizer,
        )

    def call(self, inputs: Tensors, mask: Mask = None, training: bool | None = None) -> Tensors:
        """Shift the anchor; see the class."""
        pairs = values_and_masks(inputs, mask, self.modality_names)
        outputs = [zero_masked(value, value_mask) for value, value_mask in pairs]
        anchor, anchor_mask = outputs[self._anchor], pairs.pop(self._anchor)[1]
        pooled = [pool_modality(value, value_mask, self.pooling) for value, value_mask in pairs]
        displacement = self._displacement(anchor, pooled)
        x = self._normalization(self._shift(anchor, displacement))
        x = self._dropout(x, training=training)
        outputs[self._anchor] = zero_masked(x, anchor_mask)
        return like_inputs(outputs, self.modality_names, inputs)

    def _displacement(self, anchor: Tensor, pooled: list[tuple[Any, Any]]) -> Tensor:
        """Return the `H`, in the anchor's shape; zeros where none of the others is there."""
        of_tokens = len(anchor.shape) == 3
        dim = anchor.shape[-1]
        total = self._bias
        for (vector, _), (gate_kernel, gate_bias), kernel in zip(
            pooled, self._gates, self._kernels, strict=True
        ):
            # An absent modality's vector is zero, and so is its value, whatever its gate.
            value = ops.matmul(vector, kernel)  # (batch, dim)
            gate = ops.matmul(vector, gate_kernel[dim:]) + gate_bias
            if of_tokens:
                value, gate = value[:, None], gate[:, None]  # (batch, 1, dim)
            total = total + ops.relu(ops.matmul(anchor, gate_kernel[:dim]) + gate) * value
        known = known_rows([flag for _, flag in pooled])
        if known is not None and of_tokens:
            known = known[:, None]  # (batch, 1)
        return zero_masked(total, known)

    def _shift(self, anchor: Tensor, displacement: Tensor) -> Tensor:
        """Return the anchor and as much of the displacement as `beta` allows."""
        dtype = keras.backend.result_type(anchor.dtype, "float32")
        anchor, displacement = ops.cast(anchor, dtype), ops.cast(displacement, dtype)
        share = self.beta * norm(anchor) / ops.maximum(norm(displacement), _SHORTEST)
        shifted = anchor + ops.minimum(share, 1.0) * displacement
        return ops.cast(shifted, self.compute_dtype)

    def compute_output_shape(self, input_shape: Shapes) -> Shapes:
        """Return the shape of the inputs."""
        names = modality_names(input_shape)
        shapes = [tuple(shape) for shape in in_order(input_shape, names)]
        return like_inputs(shapes, names, input_shape)

    def compute_output_spec(
        self, inputs: Tensors, mask: Mask = None, training: bool | None = None
    ) -> Tensors:
        """Return the shapes of the inputs."""
        outputs = [
            keras.KerasTensor(value.shape, dtype=self.compute_dtype)
            for value, _ in values_and_masks(inputs, mask, self.modality_names)
        ]
        return like_inputs(outputs, self.modality_names, inputs)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "anchor": self.anchor,
            "beta": self.beta,
            "dropout": self.dropout,
            "pooling": self.pooling,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "seed": self.seed,
        }
