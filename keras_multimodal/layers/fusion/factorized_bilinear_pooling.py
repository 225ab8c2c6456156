"""Multimodal factorized bilinear pooling."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._modalities import Name, part_name
from keras_multimodal.layers.fusion._products import product_of_present
from keras_multimodal.layers.fusion._projecting_fusion import ProjectingFusion
from keras_multimodal.layers.fusion._vector_fusion import zero_unknown
from keras_multimodal.ops import l2_normalize
from keras_multimodal.types import Activation, Initializer, Mask, Regularizer, Tensors

# The square root's slope has no bound at zero; below this number a straight line takes its place.
_SMALLEST_ROOT = 1e-6


@register
class FactorizedBilinearPooling(ProjectingFusion):
    """Projects modalities, multiplies them and sums in windows: bilinear forms of low rank.

    With `h_m` modality `m`'s vector (tokens are pooled first), `*` the elementwise product, and
    the sum over each `factor` neighbours:

    `z = sum_pool(dropout(f(U_1 h_1 + b_1) * ... * f(U_M h_M + b_M)))`

    `output = s / |s|`, `s = sign(z) sqrt(|z|)`

    Each `z` of two modalities is a bilinear form of them whose matrix has the rank `factor`. The
    root and the norm keep products, which vary much more than their factors, in bounds.

    Args:
        units: Width of the output.
        factor: How many products are summed for each unit, at least 1. Default 5.
        pooling: How tokens become one vector: `"mean"` (default) or `"max"`, over real tokens.
        dropout: Rate of the products dropped in training, in [0, 1). Default 0.
        power_normalization: Whether there is the signed root. Default True.
        l2_normalization: Whether the output is divided by its length. Default True.
        use_bias: Whether there are `b_m`. Default True. The paper's equations have none, its
            authors' code has.
        kernel_initializer: Initializer of the `U_m`. Default `"glorot_uniform"`.
        kernel_regularizer: Regularizer of the `U_m`. Default `None`.
        seed: Seed of the dropout. Default `None`.
        activation: The `f`. Default `None`, as in the paper: none, so that each `z` of two
            modalities is a bilinear form.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities of any width: tokens `(batch, length, dim)` or
            vectors `(batch, dim)`, in any mixture.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.
        training: Whether the call is part of training.

    Returns:
        Vectors `(batch, units)`.

    Masking:
        A modality without a real token in a row contributes the factor 1 to its products, and has
        no gradient. A row without any modality gives zeros. The output's mask, `(batch,)`, is True
        where some modality is there; there is none if some modality has no mask.

    Raises:
        ValueError: If an argument is out of its range; if the inputs aren't a list or dict of float
            tensors, or have other names than those the layer was built for; or if a mask isn't a
            boolean that fits its modality.

    Example:

    >>> picture, title = keras.ops.ones((2, 3)), keras.ops.ones((2, 5, 4))
    >>> FactorizedBilinearPooling(8, dropout=0.1)({"image": picture, "text": title}).shape
    TensorShape([2, 8])

    Reference:
        Yu et al., "Multi-modal Factorized Bilinear Pooling with Co-Attention Learning for Visual
        Question Answering", 2017, section 3, for two modalities. The product of more than two, and
        what is absent, are ours; and so is the line that takes the root's place below 1e-6, where
        its slope has no bound.
    """

    def __init__(
        self,
        units: int,
        factor: int = 5,
        pooling: str = "mean",
        dropout: float = 0.0,
        power_normalization: bool = True,
        l2_normalization: bool = True,
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        kernel_regularizer: Regularizer = None,
        seed: int | None = None,
        activation: Activation = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, pooling, use_bias, kernel_initializer, kernel_regularizer, **kwargs)
        if not factor > 0:
            raise ValueError(f"`factor` must be at least 1. Received: factor={factor}")
        if not 0 <= dropout < 1:
            raise ValueError(f"`dropout` must be in [0, 1). Received: dropout={dropout}")
        self.factor = factor
        self.dropout = dropout
        self.power_normalization = power_normalization
        self.l2_normalization = l2_normalization
        self.seed = seed
        self.activation = keras.activations.get(activation)
        self._seed_generator = keras.random.SeedGenerator(seed) if dropout else None

    def build_fusion(self, widths: dict[Name, int]) -> None:
        """Make the projections."""
        self._projections = [
            self.dense(
                f"{part_name(name)}_projection", width, self.units * self.factor, self.activation
            )
            for name, width in widths.items()
        ]

    def call(self, inputs: Tensors, mask: Mask = None, training: bool | None = None) -> Tensors:
        """Pool, multiply and sum; see the class."""
        vectors, present = self.pool(inputs, mask)
        # In float32 at least: products overflow float16, and sums of them near zero keep few
        # digits, which the root brings forward.
        dtype = keras.backend.result_type(self.compute_dtype, "float32")
        factors = [
            ops.cast(project(vector), dtype)
            for project, vector in zip(self._projections, vectors, strict=True)
        ]
        product = product_of_present(factors, present)  # (batch, units * factor)
        if self.dropout and training:
            product = keras.random.dropout(product, self.dropout, seed=self._seed_generator)
        output = ops.sum(ops.reshape(product, (-1, self.units, self.factor)), axis=2)
        if self.power_normalization:
            output = output * ops.rsqrt(ops.maximum(ops.abs(output), _SMALLEST_ROOT))
        if self.l2_normalization:
            output = l2_normalize(output)
        return zero_unknown(ops.cast(output, self.compute_dtype), present)

    def compute_output_spec(
        self, inputs: Tensors, mask: Mask = None, training: bool | None = None
    ) -> Tensors:
        """Return the vectors, in training or not."""
        return super().compute_output_spec(inputs, mask)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "factor": self.factor,
            "dropout": self.dropout,
            "power_normalization": self.power_normalization,
            "l2_normalization": self.l2_normalization,
            "seed": self.seed,
            "activation": keras.activations.serialize(self.activation),
        }
