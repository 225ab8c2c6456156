"""What the encoders share that read a picture with convolutions into a grid of tokens."""

import math
from collections.abc import Sequence
from typing import Any, cast

import keras
from keras import ops

from keras_multimodal.encoders._checks import check_filters, check_rates
from keras_multimodal.encoders._masked_normalization import normalize
from keras_multimodal.encoders._pictures import (
    check_image,
    check_picture_shape,
    check_pixels,
    halved_grid,
)
from keras_multimodal.encoders._residual_block import ResidualBlock
from keras_multimodal.encoders.encoder import Encoder, Grid
from keras_multimodal.schema import Image, Modality
from keras_multimodal.types import Mask, Shape, Tensor


class ConvolutionalEncoder(Encoder):
    """Reads a picture into one token for each place of a grid, which each stage halves.

    A subclass makes its layers, gives them in `network`, and calls `make_projection` last: a saved
    optimizer knows the weights by their order.

    Args:
        dim: Width of each token, at least 1.
        filters: Channels of each stage, at least one stage.
        dropout: Rate of the channels of the last stage dropped in training.
        seed: Seed of the dropout.
        **kwargs: `name`, `dtype` and `trainable`.
    """

    kind = "image"

    def __init__(
        self, dim: int, filters: Sequence[int], dropout: float, seed: int | None, **kwargs: Any
    ) -> None:
        super().__init__(dim, **kwargs)
        check_filters(filters)
        check_rates(dropout=dropout)
        self.filters = tuple(filters)
        self.dropout = dropout
        self.seed = seed

    def network(self) -> list[keras.layers.Layer]:
        """Return the layers from the pixels to the grid; ReLU follows each normalization."""
        raise NotImplementedError

    def make_projection(self) -> None:
        """Make what leads from the last stage to the tokens."""
        self._channel_dropout = keras.layers.SpatialDropout2D(
            self.dropout, seed=self.seed, dtype=self.dtype_policy
        )
        self._projection = keras.layers.Dense(self.dim, dtype=self.dtype_policy)

    def check_modality(self, modality: Modality) -> None:
        """Check that it makes pictures with channels last, of float32 in [0, 1]."""
        super().check_modality(modality)
        check_image(cast("Image", modality), type(self).__name__)

    def build_encoder(self, values_shape: Shape) -> None:
        """Build the stages for pictures `(batch, height, width, channels)`."""
        check_picture_shape(values_shape)
        shape = values_shape
        for layer in self.network():
            if not layer.built:
                layer.build(shape)
            shape = layer.compute_output_shape(shape)
        if not self._projection.built:
            self._projection.build((shape[0], None, shape[-1]))

    def values_mask(self, values: Tensor) -> None:
        """Return None: every place of a picture that is there is a real token."""
        check_pixels(values)

    def encode(self, values: Tensor, mask: Mask, training: bool | None) -> Tensor:
        """Return the grid of tokens `(batch, positions, dim)`."""
        x = values
        present = None if mask is None else mask[:, :1, None]  # (batch, 1, 1)
        for layer in self.network():
            if isinstance(layer, keras.layers.BatchNormalization):
                x = ops.relu(normalize(layer, x, present, training))
            elif isinstance(layer, ResidualBlock):
                x = layer(x, present=present, training=training)
            else:
                x = layer(x)
        x = self._channel_dropout(x, training=training)  # (batch, rows, columns, filters)
        x = ops.reshape(x, (ops.shape(x)[0], -1, self.filters[-1]))
        return self._projection(x)  # (batch, positions, dim)

    def length(self, values_shape: Shape) -> int | None:
        """Return how many places the grid has."""
        grid = self.grid(values_shape)
        return None if grid is None else math.prod(grid)

    def grid(self, values_shape: Shape) -> Grid | None:
        """Return the rows and columns that are left of the picture's."""
        return halved_grid(values_shape, len(self.filters))

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "dropout": self.dropout,
            "seed": self.seed,
        }
