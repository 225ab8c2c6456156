"""A small convolutional network that reads a picture into a grid of tokens."""

from collections.abc import Sequence
from typing import Any, cast

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.encoders._checks import check_filters, check_rates
from keras_multimodal.encoders._masked_normalization import batch_normalization, normalize
from keras_multimodal.encoders._pictures import (
    check_image,
    check_picture_shape,
    check_pixels,
    convolution,
    grid_places,
)
from keras_multimodal.encoders.encoder import Encoder
from keras_multimodal.schema import Image, Modality
from keras_multimodal.types import Mask, Tensor


@register
class ConvImageEncoder(Encoder):
    """Reads a picture into one token for each place of a coarse grid, trained from scratch.

    Each stage is a 3x3 convolution of stride 2, then a 3x3 convolution, each with batch
    normalization and ReLU, so that `n` stages make a grid of `ceil(height / 2**n)` by
    `ceil(width / 2**n)` places. A dense layer brings the last stage to `dim`.

    Args:
        dim: Width of each token, at least 1.
        filters: Channels of each stage, at least one stage. Default `(32, 64, 128)`.
        dropout: Rate of the channels of the last stage dropped in training, in [0, 1). A channel
            is dropped at every place at once. Default 0.
        seed: Seed of the dropout. Default `None`.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: Pictures `(batch, height, width, channels)` in [0, 1], or the list
            `[pictures, present]` with `present` a boolean `(batch,)`.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, positions, dim)`, row by row of the grid.

    Masking:
        Without `present` every token is real and the output has no mask. With it, an absent
        picture has no valid token, its tokens are zero, and it takes no part in the statistics
        of the batch normalization.

    Raises:
        ValueError: If an argument is out of its range, or the pictures have the wrong rank or an
            integer dtype (pixels in [0, 255] belong rescaled first: `rescale=1/255`).

    Example:

    >>> pictures = keras.random.uniform((2, 72, 72, 3))
    >>> tuple(ConvImageEncoder(dim=16, filters=(8, 8, 8))(pictures).shape)
    (2, 81, 16)

    Reference:
        The plain strided network is that of Springenberg et al., "Striving for Simplicity", 2015.
    """

    kind = "image"

    def __init__(
        self,
        dim: int,
        filters: Sequence[int] = (32, 64, 128),
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dim, **kwargs)
        check_filters(filters)
        check_rates(dropout=dropout)
        self.filters = tuple(filters)
        self.dropout = dropout
        self.seed = seed
        self._stages = [
            [
                convolution(width, 3, 2, self.dtype_policy),
                batch_normalization(self.dtype_policy),
                convolution(width, 3, 1, self.dtype_policy),
                batch_normalization(self.dtype_policy),
            ]
            for width in self.filters
        ]
        self._channel_dropout = keras.layers.SpatialDropout2D(
            dropout, seed=seed, dtype=self.dtype_policy
        )
        self._projection = keras.layers.Dense(dim, dtype=self.dtype_policy)

    def check_modality(self, modality: Modality) -> None:
        """Check that it makes pictures with channels last, of float32 in [0, 1]."""
        super().check_modality(modality)
        check_image(cast("Image", modality), type(self).__name__)

    def build_encoder(self, values_shape: tuple[int | None, ...]) -> None:
        """Build the stages for pictures `(batch, height, width, channels)`."""
        check_picture_shape(values_shape)
        shape = values_shape
        for stage in self._stages:
            for layer in stage:
                if not layer.built:
                    layer.build(shape)
                shape = layer.compute_output_shape(shape)
        if not self._projection.built:
            self._projection.build((shape[0], None, shape[-1]))

    def values_mask(self, values: Tensor) -> None:
        """None: every place of a picture that is there is a real token."""
        check_pixels(values)

    def encode(self, values: Tensor, mask: Mask, training: bool | None) -> Tensor:
        """Return the grid of tokens `(batch, positions, dim)`."""
        x = values
        present = None if mask is None else mask[:, :1, None]  # (batch, 1, 1)
        for stage in self._stages:
            for layer in stage:
                if isinstance(layer, keras.layers.BatchNormalization):
                    x = ops.relu(normalize(layer, x, present, training))
                else:
                    x = layer(x)
        x = self._channel_dropout(x, training=training)  # (batch, rows, columns, filters)
        x = ops.reshape(x, (ops.shape(x)[0], -1, self.filters[-1]))
        return self._projection(x)  # (batch, positions, dim)

    def length(self, values_shape: tuple[int | None, ...]) -> int | None:
        """Places of the grid."""
        return grid_places(values_shape, len(self.filters))

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "dropout": self.dropout,
            "seed": self.seed,
        }
