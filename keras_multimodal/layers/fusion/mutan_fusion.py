"""Multimodal Tucker fusion."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._modalities import Name, part_name
from keras_multimodal.layers.fusion._products import product_of_present
from keras_multimodal.layers.fusion._projecting_fusion import ProjectingFusion
from keras_multimodal.layers.fusion._vector_fusion import zero_unknown
from keras_multimodal.types import Activation, Initializer, Regularizer, Tensor


@register
class MutanFusion(ProjectingFusion):
    """The tensor of all products as a Tucker decomposition, whose core is of low rank.

    With `h_m` modality `m`'s vector (tokens are pooled first) and `*` the elementwise product:

    `t_m = f(W_m h_m + b_m)`

    `output = W_o z + b_o`, `z = sum_r (N_1r t_1 + c_1r) * ... * (N_Mr t_M + c_Mr)`

    Unlike in `LowRankFusion` the modalities are brought to a small width before they meet: the
    width says how finely each of them is seen, the rank how closely they interact.

    Args:
        units: Width of the output.
        hidden_units: Width of the `t_m` and of `z`, at least 1. Default `None`: `units`.
        rank: How many products are summed, at least 1. Default 5.
        pooling: How tokens become one vector: `"mean"` (default) or `"max"`, over real tokens.
        use_bias: Whether there are `b_m`, `c_mr` and `b_o`. Default True. The paper has none, its
            authors' code has.
        kernel_initializer: Initializer of the `W_m`, `N_mr` and `W_o`. Default `"glorot_uniform"`.
        kernel_regularizer: Regularizer of them. Default `None`.
        activation: The `f`. Default `"tanh"`; `None` for none.
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
    >>> MutanFusion(8, hidden_units=4)({"image": picture, "text": title}).shape
    TensorShape([2, 8])

    Reference:
        Ben-younes et al., "MUTAN: Multimodal Tucker Fusion for Visual Question Answering", 2017,
        section 3, for two modalities and with a width of its own for each of `t_1`, `t_2` and `z`.
        The product of more than two, and what is absent, are ours.
    """

    def __init__(
        self,
        units: int,
        hidden_units: int | None = None,
        rank: int = 5,
        pooling: str = "mean",
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        kernel_regularizer: Regularizer = None,
        activation: Activation = "tanh",
        **kwargs: Any,
    ) -> None:
        super().__init__(units, pooling, use_bias, kernel_initializer, kernel_regularizer, **kwargs)
        if hidden_units is not None and not hidden_units > 0:
            raise ValueError(
                f"`hidden_units` must be at least 1. Received: hidden_units={hidden_units}"
            )
        if not rank > 0:
            raise ValueError(f"`rank` must be at least 1. Received: rank={rank}")
        self.hidden_units = hidden_units
        self.rank = rank
        self.activation = keras.activations.get(activation)

    def build_fusion(self, widths: dict[Name, int]) -> None:
        """Make the layers before, in and after the products."""
        self._width = self.hidden_units or self.units
        self._projections = [
            self.dense(
                f"{part_name(name)}_projection", width, self._width, activation=self.activation
            )
            for name, width in widths.items()
        ]
        # One product for all of a modality's `N_mr`.
        self._factors = [
            self.dense(f"{part_name(name)}_factors", self._width, self.rank * self._width)
            for name in widths
        ]
        self._output = self.dense("output", self._width, self.units)

    def fuse(self, vectors: list[Any], present: list[Any]) -> Tensor:
        """Return the sum of the products, projected."""
        factors = [
            factor(project(vector))
            for vector, project, factor in zip(
                vectors, self._projections, self._factors, strict=True
            )
        ]
        product = product_of_present(factors, present)  # (batch, rank * hidden_units)
        product = ops.reshape(product, (-1, self.rank, self._width))
        return zero_unknown(self._output(ops.sum(product, axis=1)), present)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "hidden_units": self.hidden_units,
            "rank": self.rank,
            "activation": keras.activations.serialize(self.activation),
        }
