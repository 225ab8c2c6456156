"""An image network that has learned before, such as ResNet, as an encoder."""

import math
from collections.abc import Sequence
from typing import Any, Literal, cast

import keras
import numpy as np
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.encoders._backbone import BackboneEncoder, check_backbone, sequence_output
from keras_multimodal.encoders._pictures import (
    check_image,
    check_picture_shape,
    check_pixels,
    is_normalized,
)
from keras_multimodal.encoders.encoder import Grid
from keras_multimodal.encoders.loading.applications import scaling
from keras_multimodal.encoders.loading.architectures import known_architecture
from keras_multimodal.schema import Image, Modality
from keras_multimodal.types import Mask, Tensor


@register
class PretrainedImageEncoder(BackboneEncoder):
    """Reads a picture into tokens with an image network, such as ResNet or EfficientNet.

    `keras_multimodal.encoders.pretrained` makes one from the name of a network. It takes pictures
    as every image encoder does, in [0, 1] and with red first, and gives the network what that was
    trained on, `(picture - mean) / std`, with the channels in its order.

    The network runs as in inference even where it is trained: its batch normalization keeps the
    statistics that it has learned, which some dozens of a user's rows would spoil, and so does its
    dropout stay off. What is finely tuned are its weights.

    Args:
        backbone: A Functional model from pictures `(batch, height, width, channels)` to a grid
            `(batch, rows, columns, dim)`, to tokens `(batch, length, dim)`, or to one vector
            `(batch, dim)`.
        mean: Subtracted from the pixels in [0, 1], one number for each channel in the network's
            order; empty for none.
        std: Divides what is left, likewise.
        channel_order: The network's, `"RGB"` or `"BGR"`. By default all three are what the weights
            of ImageNet ask for where the network is one of `keras.applications`, told by its
            layers, and nothing and `"RGB"` for any other. One that was trained on pixels in
            [0, 1] wants `mean=()`.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer. The network keeps the
            dtype policy that it was made with.

    Call arguments:
        inputs: Pictures `(batch, height, width, channels)` in [0, 1], or the list
            `[pictures, present]` with `present` a boolean `(batch,)`. Grey ones, with one channel,
            are shown to a network of three as grey.
        training: Not used.

    Returns:
        Tokens `(batch, length, dim)`, row by row of the grid, of the width of the network; a single
        one where the network makes a vector.

    Masking:
        Without `present` every token is real and the output has no mask. With it, an absent
        picture has no valid token and its tokens are zero.

    Raises:
        TypeError: If `backbone` is no Functional model.
        ValueError: If an argument is out of its range, or the pictures have the wrong rank, number
            of channels or size, or an integer dtype (pixels in [0, 255] belong rescaled first:
            `rescale=1/255`).

    Example:

    >>> network = keras.applications.MobileNetV2(
    ...     include_top=False, weights=None, alpha=0.35, input_shape=(64, 64, 3)
    ... )
    >>> encoder = PretrainedImageEncoder(network)
    >>> encoder.mean, encoder.std, encoder.channel_order
    ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5), 'RGB')
    >>> tuple(encoder(keras.random.uniform((2, 64, 64, 3))).shape)
    (2, 4, 1280)

    Reference:
        Batch normalization that is kept: keras.io, "Transfer learning & fine-tuning".
    """

    kind = "image"

    def __init__(
        self,
        backbone: keras.Model,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        channel_order: Literal["RGB", "BGR"] | None = None,
        **kwargs: Any,
    ) -> None:
        check_backbone(backbone)
        if len(backbone.inputs) != 1 or len(backbone.inputs[0].shape) != 4:
            raise ValueError(
                "`backbone` must take pictures (batch, height, width, channels) and nothing else. "
                f"Received: inputs {[(x.name, tuple(x.shape)) for x in backbone.inputs]}"
            )
        self._output_name, output = sequence_output(backbone)
        if not 2 <= len(output.shape) <= 4 or output.shape[-1] is None:
            raise ValueError(
                "`backbone` must return (batch, rows, columns, dim), (batch, length, dim) or "
                f"(batch, dim). Received: an output of shape {tuple(output.shape)}"
            )
        # Pixels stay as they are: half precision has fewer steps than a picture.
        super().__init__(backbone, output.shape[-1], autocast=False, **kwargs)
        channels = backbone.inputs[0].shape[-1]
        architecture = known_architecture(backbone)
        if mean is None and std is None and channel_order is None and architecture is not None:
            mean, std, channel_order = scaling(architecture).values()
        mean, std, channel_order = mean or (), std or (), channel_order or "RGB"
        for argument, numbers in (("mean", mean), ("std", std)):
            if len(numbers) not in (0, channels):
                raise ValueError(
                    f"`{argument}` must have a number for each of the network's {channels} "
                    f"channels, or be empty. Received: {argument}={tuple(numbers)}"
                )
        if channel_order not in ("RGB", "BGR"):
            raise ValueError(
                f"`channel_order` must be 'RGB' or 'BGR'. Received: channel_order={channel_order!r}"
            )
        if any(number <= 0 for number in std):
            raise ValueError(f"`std` must be positive. Received: std={tuple(std)}")
        self.mean = tuple(mean)
        self.std = tuple(std)
        self.channel_order = channel_order
        self._channels = channels

    def check_modality(self, modality: Modality) -> None:
        """Check that it makes pictures in [0, 1], red first, of a number of channels that suits."""
        super().check_modality(modality)
        image = cast("Image", modality)
        check_image(image, type(self).__name__)
        if image.channels not in (self._channels, 1):
            raise ValueError(
                f"{image.name!r} must have {self._channels} channels, or 1, for "
                f"{self.backbone.name}. Received: channels={image.channels}"
            )
        if is_normalized(image):
            raise ValueError(
                f"{image.name!r} must be pixels in [0, 1] and nothing else, since "
                f"{type(self).__name__} prepares them for {self.backbone.name} itself. Received: "
                f"mean={image.mean}, std={image.std}, or pictures that are centred or "
                "whitened. Load it with `rescale=1/255` alone"
            )

    def build_encoder(self, values_shape: tuple[int | None, ...]) -> None:
        """Check the shape of the pictures `(batch, height, width, channels)`."""
        check_picture_shape(values_shape)
        expected = self.backbone.inputs[0].shape
        channels = values_shape[-1]
        if channels not in (self._channels, 1):
            raise ValueError(
                f"`inputs` must have the network's {self._channels} channels, or a single grey "
                f"one. Received: shape {values_shape}"
            )
        sizes = zip(values_shape[1:3], expected[1:3], strict=True)
        if any(None not in pair and pair[0] != pair[1] for pair in sizes):
            raise ValueError(
                f"`inputs` must be pictures of {expected[1]} by {expected[2]} pixels, the size that"
                f" {self.backbone.name} takes. Received: shape {values_shape}"
            )

    def values_mask(self, values: Tensor) -> None:
        """Return None: every place of a picture that is there is a real token."""
        check_pixels(values)

    def encode(self, values: Tensor, mask: Mask, training: bool | None) -> Tensor:
        """Return what the network says of each place, `(batch, length, dim)`."""
        x = ops.cast(values, "float32")
        if x.shape[-1] != self._channels:
            x = ops.repeat(x, self._channels, axis=-1)
        if self.channel_order == "BGR":
            x = ops.flip(x, axis=-1)
        if self.mean:
            x = x - np.asarray(self.mean, "float32")
        if self.std:
            x = x / np.asarray(self.std, "float32")
        outputs = self.backbone(x, training=False)
        tokens = outputs if self._output_name is None else outputs[self._output_name]
        length = -1 if len(tokens.shape) > 2 else 1
        tokens = ops.reshape(tokens, (ops.shape(tokens)[0], length, self.dim))
        return ops.cast(tokens, self.compute_dtype)

    def length(self, values_shape: tuple[int | None, ...]) -> int | None:
        """Count the places of the network's grid, or its tokens."""
        places = self._places(values_shape)
        return None if None in places else math.prod(places)

    def grid(self, values_shape: tuple[int | None, ...]) -> Grid | None:
        """Return the rows and columns of the network's output; None where it is no grid."""
        places = self._places(values_shape)
        return None if len(places) != 2 or None in places else (places[0], places[1])

    def _places(self, values_shape: tuple[int | None, ...]) -> tuple[Any, ...]:
        """Return the output's axes between the batch and the features."""
        seen = (None, *values_shape[1:3], self._channels)
        shape = self.backbone.compute_output_shape(seen)
        shape = shape if self._output_name is None else shape[self._output_name]
        return tuple(shape[1:-1])

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "mean": self.mean,
            "std": self.std,
            "channel_order": self.channel_order,
        }
