"""A small residual network that reads a picture into a grid of tokens."""

from collections.abc import Sequence
from typing import Any

import keras

from keras_multimodal._registration import register
from keras_multimodal.encoders._convolutional_encoder import ConvolutionalEncoder
from keras_multimodal.encoders._masked_normalization import batch_normalization
from keras_multimodal.encoders._pictures import convolution
from keras_multimodal.encoders._residual_block import ResidualBlock


@register
class ResidualImageEncoder(ConvolutionalEncoder):
    """Reads a picture into one token for each place of a coarse grid, trained from scratch.

    A 3x3 convolution of stride 2 with batch normalization and ReLU, then stages of residual blocks,

    `relu(s(x) + norm(W_2 * relu(norm(W_1 * x))))`,

    of 3x3 convolutions; each stage but the first halves the grid, so that `n` stages make one of
    `ceil(height / 2**n)` by `ceil(width / 2**n)` places. A dense layer brings the last stage to
    `dim`. With `filters=(64, 128, 256, 512)` and two blocks a stage this is ResNet-18 but for its
    first layers, which are made for larger pictures.

    Args:
        dim: Width of each token, at least 1.
        filters: Channels of each stage, at least one stage. Default `(32, 64, 128)`.
        blocks: Residual blocks of each stage, at least 1. Default 2.
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
    >>> tuple(ResidualImageEncoder(dim=16, filters=(8, 8, 8))(pictures).shape)
    (2, 81, 16)

    Reference:
        He et al., "Deep Residual Learning for Image Recognition", 2016, equations 1 and 2.
    """

    def __init__(
        self,
        dim: int,
        filters: Sequence[int] = (32, 64, 128),
        blocks: int = 2,
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dim, filters, dropout, seed, **kwargs)
        if blocks < 1:
            raise ValueError(f"`blocks` must be at least 1. Received: blocks={blocks}")
        self.blocks = blocks
        policy = self.dtype_policy
        self._stem = convolution(self.filters[0], 3, 2, policy)
        self._stem_normalization = batch_normalization(policy)
        self._blocks = [
            ResidualBlock(
                width, 2 if stage > 0 and block == 0 else 1, dtype=policy, name=f"{stage}_{block}"
            )
            for stage, width in enumerate(self.filters)
            for block in range(blocks)
        ]
        self.make_projection()

    def network(self) -> list[keras.layers.Layer]:
        """Return the first convolution, its normalization and the blocks."""
        return [self._stem, self._stem_normalization, *self._blocks]

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {**super().get_config(), "blocks": self.blocks}
