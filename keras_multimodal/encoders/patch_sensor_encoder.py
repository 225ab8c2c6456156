"""A transformer that reads a series of measurements as patches of steps."""

from typing import Any, Self

import keras

from keras_multimodal._registration import register
from keras_multimodal.encoders._checks import check_floats, check_rates
from keras_multimodal.encoders._steps import (
    check_series,
    pad_steps,
    pool_mask,
    pooled_length,
    with_mask_channel,
)
from keras_multimodal.encoders._transformer import Transformer, check_transformer
from keras_multimodal.encoders.encoder import Shape
from keras_multimodal.encoders.sequence_encoder import SequenceEncoder
from keras_multimodal.layers import PositionEmbedding
from keras_multimodal.layers._older_arguments import BLOCK_ARGUMENTS, renamed
from keras_multimodal.layers.attention._transformer_block import seed_of
from keras_multimodal.types import Mask, Tensor


@register
class PatchSensorEncoder(SequenceEncoder):
    """Reads a series of measurements into one token for each patch of steps, from scratch.

    A series is cut into patches of `patch_size` steps, the last one filled up. With `q_k` the
    numbers of patch `k`, all channels of all its steps, `x_k = W q_k + b + e_k`, `e_k` sinusoids of
    `k`, goes through `num_layers` blocks, `y = x + attention(norm(x))` and
    `x = y + W_2 gelu(W_1 norm(y))`, and a last normalization. The series has one channel more for
    the network, which says where a step is there.

    Args:
        dim: Width of each token, an even number.
        patch_size: Steps of a patch, at least 1. Default 8.
        num_layers: Number of blocks, at least 1. Default 2.
        num_heads: Number of heads, which divides `dim`. Default 4.
        intermediate_dim: Width of the hidden layer, that of `W_1`; four times `dim` by default.
        dropout: Rate of the tokens' features, the attention weights, the hidden layer and what is
            added to the tokens that is dropped in training, in [0, 1). Default 0.
        seed: Seed of the dropout. Default `None`.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: Series `(batch, steps, channels)`, standardised, as `schema.Sensor` has them by
            default; or the list `[series, there]` with `there` a boolean `(batch,)`, True where
            the row has a series, or `(batch, steps)`, True where a step is there.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, ceil(steps / patch_size), dim)`.

    Masking:
        Without `there` every token is real and the output has no mask. With it, a token is real
        where any step of its patch is; patches without one are attended to by nobody. What stands
        at steps that aren't there is never read, NaN included.

    Raises:
        ValueError: If an argument is out of its range, or the series have the wrong rank or an
            integer dtype, or `there` has another shape.

    Example:

    >>> series = keras.random.normal((2, 100, 6))
    >>> tuple(PatchSensorEncoder(dim=16)(series).shape)
    (2, 13, 16)

    Reference:
        Nie et al., "A Time Series is Worth 64 Words", 2023. Its patches are of one channel each,
        and overlap; here a patch has all channels, since one sensor's mean the more for another's.
    """

    kind = "sensor"

    def __init__(
        self,
        dim: int,
        patch_size: int = 8,
        num_layers: int = 2,
        num_heads: int = 4,
        intermediate_dim: int | None = None,
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dim, **kwargs)
        if dim % 2:
            raise ValueError(f"`dim` must be even, for the positions. Received: dim={dim}")
        check_transformer(
            dim, num_layers, num_heads, intermediate_dim=intermediate_dim, patch_size=patch_size
        )
        check_rates(dropout=dropout)
        self.patch_size = patch_size
        self.num_layers = num_layers
        self.num_heads = num_heads
        self.intermediate_dim = intermediate_dim
        self.dropout = dropout
        self.seed = seed
        policy = self.dtype_policy
        self._patches = keras.layers.Conv1D(
            dim, patch_size, strides=patch_size, dtype=policy, name="patches"
        )
        self._positions = PositionEmbedding("sinusoidal", dtype=policy, name="positions")
        self._feature_dropout = keras.layers.Dropout(dropout, seed=seed, dtype=policy)
        self._transformer = Transformer(
            num_layers,
            num_heads,
            intermediate_dim,
            dropout,
            seed=seed_of(seed, 1),
            dtype=policy,
            name="transformer",
        )

    def build_encoder(self, values_shape: Shape) -> None:
        """Build the layers for series `(batch, steps, channels)`."""
        check_series(values_shape)
        if self._patches.built:
            return
        batch, channels = values_shape[0], values_shape[-1] or 0
        self._patches.build((batch, None, channels + 1))
        for layer in (self._positions, self._transformer):
            layer.build((batch, None, self.dim))

    def check_values(self, values: Tensor) -> None:
        """Refuse integers."""
        check_floats(values, "series")

    def mask_tokens(self, steps: Mask) -> Mask:
        """Return True where any step of a patch is there."""
        return pool_mask(steps, self.patch_size)

    def encode_steps(
        self, values: Tensor, steps: Mask, mask: Mask, training: bool | None
    ) -> Tensor:
        """Return what the blocks make of the patches, `(batch, length, dim)`."""
        x = pad_steps(with_mask_channel(values, steps), 0, self.patch_size - 1)
        x = self._positions(self._patches(x), mask=mask)
        x = self._feature_dropout(x, training=training)
        return self._transformer(x, mask=mask, training=training)

    def length(self, values_shape: Shape) -> int | None:
        """Return the patches, the last one perhaps in part."""
        return pooled_length(values_shape[1], self.patch_size)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return the encoder of a configuration, also of one that says `feed_forward_dim`."""
        return super().from_config(renamed(config, BLOCK_ARGUMENTS))

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "patch_size": self.patch_size,
            "num_layers": self.num_layers,
            "num_heads": self.num_heads,
            "intermediate_dim": self.intermediate_dim,
            "dropout": self.dropout,
            "seed": self.seed,
        }
