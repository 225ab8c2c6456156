"""Deep sets of modalities."""

from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._initializers import clone_initializer
from keras_multimodal.layers._modalities import Name, single_width
from keras_multimodal.layers.fusion._vector_fusion import (
    VectorFusion,
    stacked_presence,
    zero_unknown,
)
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Activation, Initializer, Regularizer, Tensor


@register
class DeepSetFusion(VectorFusion):
    """Sees the modalities as a set: which of them says something makes no difference.

    With `h_m` modality `m`'s vector (tokens are pooled first) and `p_m` 1 where it is present:

    `output = rho(sum_m p_m phi(h_m))`

    `phi(h) = W_2 f(W_1 h + b_1) + b_2`, `rho(s) = W_4 f(W_3 s + b_3) + b_4`

    One `phi` for all makes sense where all were brought into one space before, and where there are
    many of a kind, such as several pictures of a row.

    Args:
        units: Width of the output.
        hidden_units: Width of the hidden layers and of the sum; `units` by default.
        activation: The `f`. Default `"gelu"`.
        pooling: How tokens become one vector: `"mean"` (default) or `"max"`, over real tokens.
        kernel_initializer: Initializer of the `W`. Default `"glorot_uniform"`.
        kernel_regularizer: Regularizer of the `W`. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities of one width: tokens `(batch, length, dim)` or
            vectors `(batch, dim)`, in any mixture.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.

    Returns:
        Vectors `(batch, units)`.

    Masking:
        A modality without a real token in a row is no element of the set, and has no gradient. A
        row without any modality gives zeros. The output's mask, `(batch,)`, is True where some
        modality is there; there is none if some modality has no mask.

    Raises:
        ValueError: If an argument is out of its range; if the inputs aren't a list or dict of float
            tensors of one width, or have other names than those the layer was built for; or if a
            mask isn't a boolean that fits its modality.

    Example:

    >>> front, back = keras.random.normal((2, 6)), keras.random.normal((2, 6))
    >>> layer = DeepSetFusion(8)
    >>> bool(keras.ops.all(keras.ops.isclose(layer([front, back]), layer([back, front]), 1e-4)))
    True

    Reference:
        Zaheer et al., "Deep Sets", 2017, theorem 2. The empty set, for which the paper has
        `rho(0)`, gives zeros here.
    """

    def __init__(
        self,
        units: int,
        hidden_units: int | None = None,
        activation: Activation = "gelu",
        pooling: str = "mean",
        kernel_initializer: Initializer = "glorot_uniform",
        kernel_regularizer: Regularizer = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pooling=pooling, **kwargs)
        if not units > 0:
            raise ValueError(f"`units` must be positive. Received: units={units}")
        if hidden_units is not None and not hidden_units > 0:
            raise ValueError(f"`hidden_units` must be positive. Received: {hidden_units=}")
        self.units = units
        self.hidden_units = hidden_units
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def build_fusion(self, widths: dict[Name, int]) -> None:
        """Make both networks."""
        hidden = self.hidden_units or self.units
        self._element = [
            self._dense("element_hidden", single_width(widths), hidden, self.activation),
            self._dense("element", hidden, hidden, None),
        ]
        self._set = [
            self._dense("set_hidden", hidden, hidden, self.activation),
            self._dense("set", hidden, self.units, None),
        ]

    def _dense(
        self, name: str, width: int, units: int, activation: Activation
    ) -> keras.layers.Dense:
        layer = keras.layers.Dense(
            units,
            activation=activation,
            kernel_initializer=clone_initializer(self.kernel_initializer),
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.dtype_policy,
            name=name,
        )
        layer.build((None, width))
        return layer

    def fuse(self, vectors: list[Any], present: list[Any]) -> Tensor:
        """Sum what the first network makes of each modality, and put it through the second."""
        x = ops.stack(vectors, axis=1)  # (batch, modalities, dim)
        for layer in self._element:
            x = layer(x)
        x = zero_masked(x, stacked_presence(vectors, present))
        x = ops.sum(x, axis=1)  # (batch, hidden_units)
        for layer in self._set:
            x = layer(x)
        return zero_unknown(x, present)

    def output_width(self, widths: dict[Name, int]) -> int:
        """Return `units`."""
        return self.units

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "units": self.units,
            "hidden_units": self.hidden_units,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
