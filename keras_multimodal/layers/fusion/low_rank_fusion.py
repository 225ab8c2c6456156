"""Low-rank multimodal fusion."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._initializers import clone_initializer
from keras_multimodal.layers._modalities import Name, part_name
from keras_multimodal.layers.fusion._products import product_of_present
from keras_multimodal.layers.fusion._projecting_fusion import ProjectingFusion
from keras_multimodal.layers.fusion._vector_fusion import zero_unknown
from keras_multimodal.types import Initializer, Regularizer, Tensor


@register
class LowRankFusion(ProjectingFusion):
    """The tensor of all products of all modalities' features, as a sum of products of low rank.

    With `h_m` modality `m`'s vector (tokens are pooled first):

    `output = sum_r w_r (F_1r [h_1, 1]) * ... * (F_Mr [h_M, 1]) + b`

    Tensor fusion's weights grow with the product of the modalities' widths, these with their sum.

    Args:
        units: Width of the output.
        rank: How many products are summed, at least 1. Default 4.
        pooling: How tokens become one vector: `"mean"` (default) or `"max"`, over real tokens.
        use_bias: Whether there is `b`. Default True.
        kernel_initializer: Initializer of the `F_mr`. Default `"glorot_uniform"`.
        kernel_regularizer: Regularizer of the `F_mr`. Default `None`.
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
        A modality without a real token in a row contributes the factor 1 to its products, and has
        no gradient. A row without any modality gives zeros. The output's mask, `(batch,)`, is True
        where some modality is there; there is none if some modality has no mask.

    Raises:
        ValueError: If an argument is out of its range; if the inputs aren't a list or dict of float
            tensors, or have other names than those the layer was built for; or if a mask isn't a
            boolean that fits its modality.

    Example:

    >>> import keras
    >>> picture, title = keras.ops.ones((2, 3)), keras.ops.ones((2, 5, 4))
    >>> LowRankFusion(8, rank=2)({"image": picture, "text": title}).shape
    TensorShape([2, 8])

    Reference:
        Liu et al., "Efficient Low-rank Multimodal Fusion with Modality-Specific Factors", 2018,
        equation 6; `w` and `b` are those of the authors' code. What is absent is ours.
    """

    def __init__(
        self,
        units: int,
        rank: int = 4,
        pooling: str = "mean",
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        kernel_regularizer: Regularizer = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, pooling, use_bias, kernel_initializer, kernel_regularizer, **kwargs)
        if not rank > 0:
            raise ValueError(f"`rank` must be at least 1. Received: rank={rank}")
        self.rank = rank

    def build_fusion(self, widths: dict[Name, int]) -> None:
        """Make the factors, the weights of the products and the bias."""
        self._factors = [
            self.add_weight(
                name=f"factor_{part_name(name)}",
                # The last row meets the 1.
                shape=(width + 1, self.rank * self.units),
                initializer=clone_initializer(self.kernel_initializer),
                regularizer=self.kernel_regularizer,
            )
            for name, width in widths.items()
        ]
        self._rank_weights = self.add_weight(
            name="rank_weights", shape=(self.rank,), initializer="glorot_uniform"
        )
        if self.use_bias:
            self._bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")

    def fuse(self, vectors: list[Any], present: list[Any]) -> Tensor:
        """Return the sum of the products."""
        factors = [
            ops.matmul(vector, factor[:-1]) + factor[-1]
            for vector, factor in zip(vectors, self._factors, strict=True)
        ]
        # Products of several numbers leave float16's range soon.
        dtype = keras.backend.result_type(self.compute_dtype, "float32")
        factors = [ops.cast(factor, dtype) for factor in factors]
        product = product_of_present(factors, present)  # (batch, rank * units)
        product = ops.reshape(product, (-1, self.rank, self.units))
        output = ops.einsum("r,bru->bu", ops.cast(self._rank_weights, dtype), product)
        output = ops.cast(output, self.compute_dtype)
        if self.use_bias:
            output = output + self._bias
        return zero_unknown(output, present)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {**super().get_config(), "rank": self.rank}
