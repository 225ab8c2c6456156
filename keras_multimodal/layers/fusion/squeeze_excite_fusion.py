"""The multimodal transfer module: squeeze and excitation across modalities."""

from typing import Any

import keras
from keras import ops

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
from keras_multimodal.ops import masked_mean, zero_masked
from keras_multimodal.types import Activation, Initializer, Mask, Regularizer, Shapes, Tensors


@register
class SqueezeExciteFusion(keras.layers.Layer):
    """Turns each modality's features up or down, by what is seen in all modalities.

    With `s_m` the mean of modality `m`'s tokens, zeros where it is absent, `[...]` all of them side
    by side, and `f` the activation:

    `output_m = 2 sigmoid(W_m z + b_m) * x_m`, `z = f(W [s_1, ..., s_M] + b)`

    Every token of a modality in a row is scaled alike. Nothing is fused to one vector: the layer
    goes between the encoders' layers, where the tokens needn't correspond, and leaves shapes alone.

    Args:
        ratio: How much narrower `z` is than all modalities side by side, at least 1; `z` has one
            feature at the least. Default 4, the paper's.
        activation: The `f`. Default `"relu"`, as in the authors' code; `None` is the equation as
            it is printed.
        kernel_initializer: Initializer of `W` and the `W_m`. Default `"glorot_uniform"`.
        kernel_regularizer: Regularizer of them. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: A list or a dict of modalities of any width: tokens `(batch, length, dim)` or
            vectors `(batch, dim)`, in any mixture.
        mask: A list or dict of their masks: boolean `(batch, length)` for tokens, True where one
            is real, and `(batch,)` for vectors, True where the row has the modality; `None` where
            it is always there. The inputs' own Keras masks by default.

    Returns:
        The modalities in the structure of `inputs`, of the same shapes.

    Masking:
        Each modality keeps its mask. What stands at masked places is never read, NaN included, and
        the output there is exactly zero. A modality without a real token in a row is zeros among
        the `s_m`: the others are scaled by what is seen in those that are there.

    Raises:
        ValueError: If `ratio` is out of its range; if the inputs aren't a list or dict of float
            tensors, or have other names than those the layer was built for; or if a mask isn't a
            boolean that fits its modality.

    Example:

    >>> places, sound = keras.random.normal((2, 81, 64)), keras.random.normal((2, 50, 32))
    >>> places, sound = SqueezeExciteFusion()([places, sound])
    >>> tuple(places.shape), tuple(sound.shape)
    ((2, 81, 64), (2, 50, 32))

    Reference:
        Vaezi Joze et al., "MMTM: Multimodal Transfer Module for CNN Fusion", 2020, section 3, for
        two modalities. More than two, and what is absent, are ours.
    """

    def __init__(
        self,
        ratio: int = 4,
        activation: Activation = "relu",
        kernel_initializer: Initializer = "glorot_uniform",
        kernel_regularizer: Regularizer = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not ratio > 0:
            raise ValueError(f"`ratio` must be at least 1. Received: ratio={ratio}")
        self.ratio = ratio
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)
        self.supports_masking = True

    def build(self, input_shape: Shapes) -> None:
        """Settle the modalities' order and make the weights."""
        self.modality_names = modality_names(input_shape)
        widths = modality_widths(input_shape, self.modality_names)
        whole = sum(widths.values())
        joint = max(1, whole // self.ratio)
        self._squeeze = self._dense("squeeze", whole, joint, self.activation)
        self._excitations = [
            self._dense(f"{part_name(name)}_excitation", joint, width, "sigmoid")
            for name, width in widths.items()
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

    def call(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Squeeze and excite; see the class."""
        pairs = [
            (zero_masked(value, value_mask), value_mask)
            for value, value_mask in values_and_masks(inputs, mask, self.modality_names)
        ]
        means = [
            value if len(value.shape) == 2 else masked_mean(value, value_mask)
            for value, value_mask in pairs
        ]
        joint = self._squeeze(ops.concatenate(means, axis=-1))  # (batch, joint)
        outputs = []
        for (value, _), excite in zip(pairs, self._excitations, strict=True):
            scale = 2 * excite(joint)  # (batch, dim)
            outputs.append(value * (scale if len(value.shape) == 2 else ops.expand_dims(scale, 1)))
        return like_inputs(outputs, self.modality_names, inputs)

    def compute_output_shape(self, input_shape: Shapes) -> Shapes:
        """Return the shapes of the inputs."""
        names = modality_names(input_shape)
        return like_inputs(
            [tuple(shape) for shape in in_order(input_shape, names)], names, input_shape
        )

    def compute_output_spec(self, inputs: Tensors, mask: Mask = None) -> Tensors:
        """Return the inputs, in the layer's dtype."""
        outputs = [
            keras.KerasTensor(value.shape, dtype=self.compute_dtype)
            for value, _ in values_and_masks(inputs, mask, self.modality_names)
        ]
        return like_inputs(outputs, self.modality_names, inputs)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "ratio": self.ratio,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
