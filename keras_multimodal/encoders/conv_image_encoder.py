"""A small convolutional network that reads a picture into a grid of tokens."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_multimodal._registration import register
from keras_multimodal.encoders._convolutional_encoder import ConvolutionalEncoder
from keras_multimodal.encoders._masked_normalization import batch_normalization
from keras_multimodal.encoders._pictures import convolution


@register
class ConvImageEncoder(ConvolutionalEncoder):
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

    def __init__(
        self,
        dim: int,
        filters: Sequence[int] = (32, 64, 128),
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dim, filters, dropout, seed, **kwargs)
        policy = self.dtype_policy
        self._stages = [
            [
                convolution(width, 3, 2, policy),
                batch_normalization(policy),
                convolution(width, 3, 1, policy),
                batch_normalization(policy),
            ]
            for width in self.filters
        ]
        self.make_projection()

    def network(self) -> list[keras.layers.Layer]:
        """Return the layers of all stages."""
        return [layer for stage in self._stages for layer in stage]
