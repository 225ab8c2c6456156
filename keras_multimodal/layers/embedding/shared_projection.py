"""Modalities of different widths brought into one space."""

from collections.abc import Sequence
from typing import Any, Literal

import keras

from keras_multimodal._registration import register
from keras_multimodal.layers._initializers import clone_initializer
from keras_multimodal.layers._modalities import (
    in_order,
    like_inputs,
    modality_names,
    modality_widths,
    part_name,
    values_and_masks,
)
from keras_multimodal.ops import l2_normalize, zero_masked
from keras_multimodal.types import Activation, Initializer, Mask, Regularizer, Shapes, Tensors

_EPSILON = 1e-5


@register
class SharedProjection(keras.layers.Layer):
    """Projects each modality into one space of `units` dimensions.

    With `x_m` a token or vector of modality `m`, `f` the activation and `g` the normalization:

    `output_m = g(W_m,L f(... f(W_m,1 x_m)))`, or `g(W_L f(...))` with a shared last layer.

    Args:
        units: Width of the shared space, at least 1.
        hidden_units: Widths of the hidden layers before the last, which every modality has of its
            own. Default `()`: the projection is linear.
        activation: Activation of the hidden layers. Default `"gelu"`.
        normalization: `"layer"` normalizes the projected features (with a scale and offset of its
            own for each modality, unless the last layer is shared); `"l2"` gives each vector the
            length one; `None` (default) neither.
        share_last_layer: Whether the modalities have their last layer in common. Without hidden
            layers they must then have one width. Default False.
        use_bias: Whether the layers have biases. Default True.
        kernel_initializer: Initializer of the kernels. Default `"glorot_uniform"`.
        bias_initializer: Initializer of the biases. Default `"zeros"`.
        kernel_regularizer: Regularizer of the kernels. Default `None`.
        bias_regularizer: Regularizer of the biases. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities: tokens `(batch, length, dim)` or vectors
            `(batch, dim)`, of any widths, in any mixture.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.

    Returns:
        The modalities in the structure of `inputs`: `(batch, length, units)` for tokens,
        `(batch, units)` for vectors.

    Masking:
        Each modality keeps its mask. What stands at masked places is never read, NaN included,
        and the output there is exactly zero, biases included.

    Raises:
        ValueError: If an argument is out of its range; if the inputs aren't a list or dict of
            float tensors, or have other names than those the layer was built for; if a last layer
            is to be shared by inputs of different widths; or if a mask isn't a boolean that fits
            its modality.

    Example:

    >>> places = keras.random.normal((2, 81, 64))
    >>> words = keras.random.normal((2, 12, 32))
    >>> places, words = SharedProjection(128)([places, words])
    >>> tuple(places.shape), tuple(words.shape)
    ((2, 81, 128), (2, 12, 128))

    Reference:
        Ngiam et al., "Multimodal Deep Learning", 2011 (layers of each modality's own below a
        shared one); Radford et al., "Learning Transferable Visual Models From Natural Language
        Supervision", 2021, figure 3 (`normalization="l2"`).
    """

    def __init__(
        self,
        units: int,
        hidden_units: Sequence[int] = (),
        activation: Activation = "gelu",
        normalization: Literal["layer", "l2"] | None = None,
        share_last_layer: bool = False,
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        bias_initializer: Initializer = "zeros",
        kernel_regularizer: Regularizer = None,
        bias_regularizer: Regularizer = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if units < 1:
            raise ValueError(f"`units` must be at least 1. Received: units={units}")
        if any(width < 1 for width in hidden_units):
            raise ValueError(
                "`hidden_units` must have a positive number for each hidden layer. "
                f"Received: hidden_units={tuple(hidden_units)}"
            )
        if normalization not in (None, "layer", "l2"):
            raise ValueError(
                "`normalization` must be None, 'layer' or 'l2'. "
                f"Received: normalization={normalization!r}"
            )
        self.units = units
        self.hidden_units = tuple(hidden_units)
        self.activation = keras.activations.get(activation)
        self.normalization = normalization
        self.share_last_layer = share_last_layer
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.bias_regularizer = keras.regularizers.get(bias_regularizer)
        self.supports_masking = True

    def build(self, input_shape: Shapes) -> None:
        """Settle the modalities' order and make the layers of each."""
        self.modality_names = modality_names(input_shape)
        widths = modality_widths(input_shape, self.modality_names)
        if self.share_last_layer and not self.hidden_units and len(set(widths.values())) > 1:
            raise ValueError(
                "`hidden_units` must have at least one width when a last layer is shared by "
                f"inputs of different widths. Received: hidden_units=(), widths {widths}"
            )
        shared = self._last_layers("shared") if self.share_last_layer else None
        # One list of layers for each modality; a shared layer stands in every one of them.
        self._stacks = [
            [
                *(
                    self._dense(units, f"{part_name(name)}_hidden_{index}", self.activation)
                    for index, units in enumerate(self.hidden_units)
                ),
                *(shared or self._last_layers(part_name(name))),
            ]
            for name in self.modality_names
        ]
        for width, stack in zip(widths.values(), self._stacks, strict=True):
            shape = (None, width)
            for layer in stack:
                if not layer.built:
                    layer.build(shape)
                shape = layer.compute_output_shape(shape)

    def _last_layers(self, prefix: str) -> list[keras.layers.Layer]:
        layers = [self._dense(self.units, f"{prefix}_projection", None)]
        if self.normalization == "layer":
            layers.append(
                keras.layers.LayerNormalization(
                    epsilon=_EPSILON, dtype=self.dtype_policy, name=f"{prefix}_normalization"
                )
            )
        return layers

    def _dense(self, units: int, name: str, activation: Activation) -> keras.layers.Dense:
        return keras.layers.Dense(
            units,
            activation=activation,
            use_bias=self.use_bias,
            kernel_initializer=clone_initializer(self.kernel_initializer),
            bias_initializer=clone_initializer(self.bias_initializer),
            kernel_regularizer=self.kernel_regularizer,
            bias_regularizer=self.bias_regularizer,
            dtype=self.dtype_policy,
            name=name,
        )

    def call(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Project; see the class."""
        pairs = values_and_masks(inputs, mask, self.modality_names)
        outputs = []
        for (x, x_mask), stack in zip(pairs, self._stacks, strict=True):
            x = zero_masked(x, x_mask)
            for layer in stack:
                x = layer(x)
            if self.normalization == "l2":
                x = l2_normalize(x)
            outputs.append(zero_masked(x, x_mask))  # (batch, [length,] units)
        return like_inputs(outputs, self.modality_names, inputs)

    def compute_output_shape(self, input_shape: Shapes) -> Shapes:
        """Return the shapes of the inputs with `units` for the last axis."""
        names = modality_names(input_shape)
        shapes = [(*shape[:-1], self.units) for shape in in_order(input_shape, names)]
        return like_inputs(shapes, names, input_shape)

    def compute_output_spec(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Return the inputs with `units` for the last axis."""
        outputs = [
            keras.KerasTensor((*value.shape[:-1], self.units), dtype=self.compute_dtype)
            for value, _ in values_and_masks(inputs, mask, self.modality_names)
        ]
        return like_inputs(outputs, self.modality_names, inputs)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "units": self.units,
            "hidden_units": self.hidden_units,
            "activation": keras.activations.serialize(self.activation),
            "normalization": self.normalization,
            "share_last_layer": self.share_last_layer,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
            "bias_regularizer": keras.regularizers.serialize(self.bias_regularizer),
        }
