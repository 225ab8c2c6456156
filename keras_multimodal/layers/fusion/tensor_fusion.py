"""Tensor fusion."""

import math
from typing import Any

from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._modalities import Name
from keras_multimodal.layers.fusion._products import flat_outer
from keras_multimodal.layers.fusion._projecting_fusion import ProjectingFusion
from keras_multimodal.layers.fusion._vector_fusion import zero_unknown
from keras_multimodal.types import Initializer, Regularizer, Tensor


@register
class TensorFusion(ProjectingFusion):
    """Multiplies features, one of each modality or none: the outer product, as a vector.

    With `h_m` modality `m`'s vector (tokens are pooled first), zeros where it is absent, and `x`
    the outer product:

    `z = flatten([h_1, 1] x ... x [h_M, 1])`, `output = z`, or `W z + b` with `units`

    Thanks to the ones, the products of fewer modalities are there beside those of all. The size is
    the product of the widths plus one each, so that a few small modalities are the most that this
    is for; `LowRankFusion` learns the same `W z`, at low rank, without ever making `z`.

    Args:
        units: Width of the output. Default `None`: the products themselves are the output.
        max_size: The greatest size of `z` that isn't refused. Default 65536.
        pooling: How tokens become one vector: `"mean"` (default) or `"max"`, over real tokens.
        use_bias: Whether there is `b`, with `units`. Default True.
        kernel_initializer: Initializer of `W`. Default `"glorot_uniform"`.
        kernel_regularizer: Regularizer of `W`. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities of any width: tokens `(batch, length, dim)` or
            vectors `(batch, dim)`, in any mixture.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.

    Returns:
        Vectors `(batch, units)`; without `units`, `(batch, product of the widths plus one each)`,
        in which the last modality's features vary fastest and the last number is 1. The order of
        the modalities is that of `modality_names`: a list's own, or a dict's names sorted.

        In float16 products of three features above 40 are out of range; bfloat16 has room for them.

    Masking:
        A modality without a real token in a row counts as `[0, ..., 0, 1]` there: the products
        with its features vanish, those of the others remain, and it has no gradient. A row without
        any modality gives zeros, the product of the ones included. The output's mask, `(batch,)`,
        is True where some modality is there; there is none if some modality has no mask.

    Raises:
        ValueError: If an argument is out of its range; if there would be more than `max_size`
            products; if the inputs aren't a list or dict of float tensors, or have other names
            than those the layer was built for; or if a mask isn't a boolean that fits its modality.

    Example:

    >>> import keras
    >>> picture = keras.ops.convert_to_tensor([[2.0], [2.0]])
    >>> title = keras.ops.convert_to_tensor([[3.0, 5.0], [3.0, 5.0]])
    >>> has_title = keras.ops.convert_to_tensor([True, False])
    >>> fused = TensorFusion()([picture, title], mask=[None, has_title])
    >>> keras.ops.convert_to_numpy(fused)
    array([[ 6., 10.,  2.,  3.,  5.,  1.],
           [ 0.,  0.,  2.,  0.,  0.,  1.]], dtype=float32)

    Reference:
        Zadeh et al., "Tensor Fusion Network for Multimodal Sentiment Analysis", 2017, section 4.2;
        `units` is the first layer of section 4.3, without its activation. What is absent is ours.
    """

    optional_units = True

    def __init__(
        self,
        units: int | None = None,
        max_size: int = 65536,
        pooling: str = "mean",
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        kernel_regularizer: Regularizer = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(units, pooling, use_bias, kernel_initializer, kernel_regularizer, **kwargs)
        if not max_size > 0:
            raise ValueError(f"`max_size` must be positive. Received: max_size={max_size}")
        self.max_size = max_size

    def build_fusion(self, widths: dict[Name, int]) -> None:
        """Make the layer over the products, if there is one."""
        size = _size(widths)
        if size > self.max_size:
            raise ValueError(
                f"`inputs` must have at most `max_size={self.max_size}` products of features, the "
                "widths plus one each, multiplied; `LowRankFusion` does without the products. "
                f"Received: widths {widths}, {size} products"
            )
        self._output = None if self.units is None else self.dense("output", size, self.units)

    def fuse(self, vectors: list[Any], present: list[Any]) -> Tensor:
        """Return the products, and the layer over them."""
        one = ops.ones_like(vectors[0][:, :1])
        products = one
        for vector in vectors:
            products = flat_outer(products, ops.concatenate([vector, one], axis=-1))
        if self._output is not None:
            products = self._output(products)
        return zero_unknown(products, present)

    def output_width(self, widths: dict[Name, int]) -> int:
        """Return `units`, or the number of products."""
        return _size(widths) if self.units is None else self.units

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {**super().get_config(), "max_size": self.max_size}


def _size(widths: dict[Name, int]) -> int:
    """Return how many products there are of modalities of these widths."""
    return math.prod(width + 1 for width in widths.values())
