"""The transformer that some encoders end in."""

from typing import Any

import keras

from keras_multimodal.layers._checks import check_at_least
from keras_multimodal.layers.attention._transformer_block import (
    EPSILON,
    TransformerBlock,
    seed_of,
)
from keras_multimodal.types import Mask, Tensor, Tensors


def check_transformer(
    dim: int, num_layers: int, num_heads: int, **at_least_one: int | None
) -> None:
    """Raise a ValueError unless these make a transformer.

    Args:
        dim: Width of the tokens.
        num_layers: Number of blocks.
        num_heads: Number of heads.
        **at_least_one: Further arguments, by name, each None or at least 1.
    """
    check_at_least(1, num_layers=num_layers, num_heads=num_heads, **at_least_one)
    if dim % num_heads:
        raise ValueError(
            f"`num_heads` must divide `dim`. Received: num_heads={num_heads}, dim={dim}"
        )


class Transformer(keras.layers.Layer):
    """Blocks of self-attention, each normalizing what it reads, and a last normalization.

    Args:
        num_layers: Number of blocks.
        num_heads: Number of heads.
        intermediate_dim: Width of the hidden layers; four times that of the tokens by default.
        dropout: Rate of the attention weights, of the hidden layers and of what is added to the
            tokens that is dropped in training.
        seed: Seed of the dropout.
        **kwargs: `name`, `dtype` and `trainable`.
    """

    def __init__(
        self,
        num_layers: int,
        num_heads: int,
        intermediate_dim: int | None = None,
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._blocks = [
            TransformerBlock(
                num_heads,
                key_dim=None,
                intermediate_dim=intermediate_dim,
                dropout=dropout,
                activation="gelu",
                # A block takes a few seeds, from its own on.
                seed=seed_of(seed, 10 * i),
                dtype=self.dtype_policy,
                name=f"block_{i}",
            )
            for i in range(num_layers)
        ]
        self._normalization = keras.layers.LayerNormalization(
            epsilon=EPSILON, dtype=self.dtype_policy, name="normalization"
        )
        self.supports_masking = True

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the weights for tokens `(batch, length, dim)`."""
        for block in self._blocks:
            block.build(input_shape)
        self._normalization.build(input_shape)
        self.built = True

    def call(self, tokens: Tensor, mask: Mask = None, training: bool | None = None) -> Tensors:
        """Change tokens `(batch, length, dim)`; masked ones are never read, but not zero."""
        for block in self._blocks:
            tokens = block(tokens, query_mask=mask, training=training)
        return self._normalization(tokens)
