"""What lets a model train, save and show the weight of one of its losses."""

from typing import Any

import keras

from keras_multimodal._registration import register
from keras_multimodal.losses import UncertaintyLoss
from keras_multimodal.types import Shapes, Tensors


@register
class LearnedWeight(keras.layers.Layer):
    """Passes an output on as it is, and holds what its `losses.UncertaintyLoss` learns.

    Keras trains and saves the variables of layers, not those of losses. The layer makes the loss's
    variable its own; compile with the layer's own loss, `layer.loss`. A model that is loaded has
    one loss for both again.

    Args:
        loss: The loss of this output.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer. With
            `trainable=False` the weight stays as it is.

    Call arguments:
        inputs: A tensor of any shape.

    Returns:
        The same.

    Masking:
        Masks pass through.

    Raises:
        TypeError: If `loss` is no `UncertaintyLoss`.

    Example:

    >>> from keras_multimodal.losses import UncertaintyLoss
    >>> size = LearnedWeight(UncertaintyLoss(keras.losses.MeanSquaredError(), scale=0.5))
    >>> inputs = keras.Input((4,))
    >>> model = keras.Model(inputs, size(keras.layers.Dense(1)(inputs)))
    >>> model.compile("adam", size.loss)
    >>> len(model.trainable_variables), size.loss.weight
    (3, 0.5)
    """

    def __init__(self, loss: UncertaintyLoss, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(loss, UncertaintyLoss):
            raise TypeError(f"`loss` must be an UncertaintyLoss. Received: {type(loss).__name__}")
        self.loss = loss
        self.log_variance = loss.log_variance
        self.supports_masking = True

    def build(self, input_shape: Shapes) -> None:
        """Make nothing: the variable is the loss's."""

    def call(self, inputs: Tensors) -> Tensors:
        """Return the inputs."""
        return inputs

    def compute_output_shape(self, input_shape: Shapes) -> Shapes:
        """Return the shape of the inputs."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        # Keras calls an object shared from the second time on that it is written, and a Functional
        # model copies its layers' configs before the losses are written.
        keras.saving.serialize_keras_object(self.loss)
        return {**super().get_config(), "loss": keras.saving.serialize_keras_object(self.loss)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "LearnedWeight":
        """Return the layer of its arguments."""
        return cls(**{**config, "loss": keras.saving.deserialize_keras_object(config["loss"])})
