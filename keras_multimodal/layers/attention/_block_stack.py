"""What the layers share that are stacks of transformer blocks, with learned tokens or without."""

from typing import Any

import keras
from keras import ops

from keras_multimodal.layers.attention._transformer_block import TransformerBlock, seed_of

# A block uses this many seeds, one after the other.
_SEEDS = 4
Shape = tuple[int | None, ...]


def check_counts(**counts: int | None) -> None:
    """Raise a ValueError unless each argument, given by its name, is None or at least 1."""
    for argument, count in counts.items():
        if count is not None and count < 1:
            raise ValueError(f"`{argument}` must be at least 1. Received: {argument}={count}")


class BlockStack(keras.layers.Layer):
    """A layer of transformer blocks, and the arguments that all of these have in common.

    Args:
        num_heads: Number of heads, at least 1.
        num_layers: Number of layers, at least 1.
        key_dim: Width of each head; the tokens' width divided by `num_heads` by default.
        feed_forward_dim: Width of the hidden layer; four times that of the tokens by default.
        dropout: What the blocks drop in training, in [0, 1).
        activation: Activation of the hidden layer.
        seed: Seed of the dropout.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`.
    """

    def __init__(
        self,
        num_heads: int,
        num_layers: int,
        key_dim: int | None,
        feed_forward_dim: int | None,
        dropout: float,
        activation: Any,
        seed: int | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_counts(
            num_heads=num_heads,
            num_layers=num_layers,
            key_dim=key_dim,
            feed_forward_dim=feed_forward_dim,
        )
        if not 0 <= dropout < 1:
            raise ValueError(f"`dropout` must be in [0, 1). Received: dropout={dropout}")
        self.num_heads = num_heads
        self.num_layers = num_layers
        self.key_dim = key_dim
        self.feed_forward_dim = feed_forward_dim
        self.dropout = dropout
        self.activation = keras.activations.get(activation)
        self.seed = seed
        self.supports_masking = True

    def block_seed(self, number: int) -> int | None:
        """The first of the seeds of the layer's block `number`, which no other block uses."""
        return seed_of(self.seed, _SEEDS * number)

    def make_block(self, number: int, name: str) -> TransformerBlock:
        """The layer's block `number`, not built yet."""
        return TransformerBlock(
            self.num_heads,
            self.key_dim,
            self.feed_forward_dim,
            self.dropout,
            self.activation,
            self.block_seed(number),
            dtype=self.dtype_policy,
            name=name,
        )

    def add_vectors(self, name: str, count: int, dim: int) -> Any:
        """`count` vectors that are learned, `(count, dim)`."""
        initializer = keras.initializers.RandomNormal(stddev=0.02)
        return self.add_weight(name=name, shape=(count, dim), initializer=initializer)

    def get_config(self) -> dict[str, Any]:
        """Every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "num_layers": self.num_layers,
            "key_dim": self.key_dim,
            "feed_forward_dim": self.feed_forward_dim,
            "dropout": self.dropout,
            "activation": keras.activations.serialize(self.activation),
            "seed": self.seed,
        }


def for_each_row(learned: Any, like: Any) -> Any:
    """Learned tokens `(count, dim)` once for each row of `like`: `(batch, count, dim)`."""
    tokens = ops.cast(learned, like.dtype)
    return ops.broadcast_to(tokens, (ops.shape(like)[0], *tokens.shape))
