"""What the encoders share that hold a network which has learned before."""

from typing import Any

import keras

from keras_multimodal.encoders.encoder import Encoder


class BackboneEncoder(Encoder):
    """Base of the encoders that hold a Functional model.

    Args:
        backbone: The network.
        dim: Width of the tokens that it makes.
        **kwargs: As for every Keras layer.
    """

    def __init__(self, backbone: keras.Model, dim: int, **kwargs: Any) -> None:
        super().__init__(dim, **kwargs)
        self.backbone = backbone

    def build_encoder(self, values_shape: tuple[int | None, ...]) -> None:
        """Make nothing: the network has been built."""

    def get_config(self) -> dict[str, Any]:
        """Return every argument; the network with its layers, whose weights are saved beside it."""
        config = super().get_config()
        config.pop("dim")  # the network's
        return {**config, "backbone": keras.saving.serialize_keras_object(self.backbone)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "BackboneEncoder":
        """Return the encoder that `get_config` described."""
        backbone = keras.saving.deserialize_keras_object(config["backbone"])
        for part in list(backbone._flatten_layers()):
            if not part.trainable:
                # What was frozen as it was made did not tell the parts that it was built of later.
                part.trainable = True
                part.trainable = False
        return super().from_config({**config, "backbone": backbone})


def check_backbone(backbone: Any) -> None:
    """Raise a TypeError unless it is a model with a graph."""
    if not isinstance(backbone, keras.Model) or not getattr(backbone, "inputs", None):
        raise TypeError(
            "`backbone` must be a Functional keras.Model, as those of keras.applications and the "
            f"backbones of keras_hub are. Received: {type(backbone).__name__}"
        )


def sequence_output(backbone: keras.Model) -> tuple[str | None, Any]:
    """Return the name, if it has one, and the symbolic tensor of what a network says of each token.

    Raises:
        ValueError: If there is no such output.
    """
    # A Sequential model has an `output` only once it has been called.
    output = backbone.outputs[0] if isinstance(backbone, keras.Sequential) else backbone.output
    if not isinstance(output, dict):
        return None, output
    for name in ("sequence_output", "encoder_sequence_output"):
        if name in output:
            return name, output[name]
    raise ValueError(
        "`backbone` must return one tensor, or have an output 'sequence_output'. "
        f"Received: outputs {sorted(output)}"
    )
