"""What the fusions share that project the modalities to a width of their own choice."""

from typing import Any

import keras

from keras_multimodal.layers._initializers import clone_initializer
from keras_multimodal.layers._modalities import Name
from keras_multimodal.layers.fusion._vector_fusion import VectorFusion
from keras_multimodal.types import Activation, Initializer, Regularizer


class ProjectingFusion(VectorFusion):
    """A fusion of modalities of any widths to `units`, with kernels and perhaps biases.

    Args:
        units: Width of the output; None where `optional_units`.
        pooling: How tokens become one vector: `"mean"` or `"max"`, over real tokens.
        use_bias: Whether there are biases.
        kernel_initializer: Initializer of the kernels.
        kernel_regularizer: Regularizer of the kernels.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`.
    """

    one_width = False
    # Whether `units` may be None.
    optional_units = False

    def __init__(
        self,
        units: int | None,
        pooling: str = "mean",
        use_bias: bool = True,
        kernel_initializer: Initializer = "glorot_uniform",
        kernel_regularizer: Regularizer = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pooling=pooling, **kwargs)
        if not (self.optional_units if units is None else units > 0):
            raise ValueError(f"`units` must be positive. Received: units={units}")
        self.units: Any = units
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.kernel_regularizer = keras.regularizers.get(kernel_regularizer)

    def dense(
        self,
        name: str,
        width: int,
        units: int,
        activation: Activation = None,
        use_bias: bool = True,
    ) -> keras.layers.Dense:
        """Return a layer from `width` to `units`, built; without a bias if the fusion has none."""
        layer = keras.layers.Dense(
            units,
            activation=activation,
            use_bias=self.use_bias and use_bias,
            kernel_initializer=clone_initializer(self.kernel_initializer),
            kernel_regularizer=self.kernel_regularizer,
            dtype=self.dtype_policy,
            name=name,
        )
        layer.build((None, width))
        return layer

    def output_width(self, widths: dict[Name, int]) -> int:
        """Return `units`."""
        return self.units

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "units": self.units,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "kernel_regularizer": keras.regularizers.serialize(self.kernel_regularizer),
        }
