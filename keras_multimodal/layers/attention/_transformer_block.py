"""What the layers of this folder are made of: attention, then a small network for each token."""

from typing import Any

import keras

from keras_multimodal.layers.attention.cross_modal_attention import CrossModalAttention
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Activation, Mask, Shape, Tensor, Tensors

EPSILON = 1e-5


def seed_of(seed: int | None, number: int) -> int | None:
    """Return a seed of its own for the part `number` of a layer; None where the layer has none."""
    return None if seed is None else seed + number


class FeedForward(keras.layers.Layer):
    """`x + W_2 f(W_1 norm(x))`, or what is added alone, for each token by itself.

    Args:
        intermediate_dim: Width of the hidden layer; four times that of the tokens by default.
        dropout: Rate of what is dropped of the hidden layer and of what is added, in training.
        activation: The `f`.
        seed: Seed of the dropout.
        residual: Whether `x` is in the output, or only what is added to it.
        **kwargs: `name`, `dtype` and `trainable`.
    """

    def __init__(
        self,
        intermediate_dim: int | None,
        dropout: float,
        activation: Activation,
        seed: int | None,
        residual: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.intermediate_dim = intermediate_dim
        self.dropout = dropout
        self.activation = activation
        self.seed = seed
        self.residual = residual

    def build(self, input_shape: Shape) -> None:
        """Make the weights for tokens `(batch, length, dim)`."""
        dim: Any = input_shape[-1]
        intermediate_dim = self.intermediate_dim or 4 * dim
        policy = self.dtype_policy
        self._normalization = keras.layers.LayerNormalization(
            epsilon=EPSILON, dtype=policy, name="normalization"
        )
        self._hidden = keras.layers.Dense(
            intermediate_dim, activation=self.activation, dtype=policy, name="hidden"
        )
        self._output = keras.layers.Dense(dim, dtype=policy, name="output")
        self._dropouts = [
            keras.layers.Dropout(self.dropout, seed=seed_of(self.seed, number), dtype=policy)
            for number in range(2)
        ]
        self._normalization.build(input_shape)
        self._hidden.build(input_shape)
        self._output.build((None, intermediate_dim))
        self.built = True

    def call(self, x: Tensor, training: bool | None = None) -> Tensors:
        """Change tokens `(batch, length, dim)`; masked ones too, which the caller zeroes."""
        hidden = self._hidden(self._normalization(x))
        hidden = self._dropouts[0](hidden, training=training)
        added = self._dropouts[1](self._output(hidden), training=training)
        return x + added if self.residual else added


class ResidualAttention(keras.layers.Layer):
    """`x + attention(norm(x), norm(c))`.

    The tokens attend to `context`, which has a normalization of its own, or to themselves.

    Args:
        num_heads: Number of heads.
        key_dim: Width of each head; the tokens' width divided by `num_heads` by default.
        dropout: Rate of the attention weights and of what is added to the tokens that is dropped
            in training.
        seed: Seed of the dropout.
        **kwargs: `name`, `dtype` and `trainable`.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int | None,
        dropout: float,
        seed: int | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.key_dim = key_dim
        self.dropout = dropout
        self.seed = seed
        self.supports_masking = True

    def build(self, query_shape: Shape, context_shape: Shape | None = None) -> None:
        """Make the weights; without `context_shape` the tokens attend to themselves."""
        policy = self.dtype_policy
        self._attends_to_itself = context_shape is None
        self._normalization = keras.layers.LayerNormalization(
            epsilon=EPSILON, dtype=policy, name="query_normalization"
        )
        self._normalization.build(query_shape)
        if context_shape is not None:
            self._context_normalization = keras.layers.LayerNormalization(
                epsilon=EPSILON, dtype=policy, name="context_normalization"
            )
            self._context_normalization.build(context_shape)
        self._attention = CrossModalAttention(
            self.num_heads,
            key_dim=self.key_dim,
            dropout=self.dropout,
            seed=seed_of(self.seed, 0),
            dtype=policy,
            name="attention",
        )
        self._attention.build(query_shape, context_shape or query_shape)
        self._dropout = keras.layers.Dropout(self.dropout, seed=seed_of(self.seed, 1), dtype=policy)
        self.built = True

    def call(
        self,
        query: Tensor,
        context: Tensor = None,
        query_mask: Mask = None,
        context_mask: Mask = None,
        training: bool | None = None,
    ) -> Tensors:
        """Return `(batch, query_length, dim)`, zeros at the query's masked places."""
        query = zero_masked(query, query_mask)
        normalized = self._normalization(query)
        if self._attends_to_itself:
            context, context_mask = normalized, query_mask
        else:
            context = self._context_normalization(zero_masked(context, context_mask))
        attended = self._attention(
            normalized,
            context,
            query_mask=query_mask,
            context_mask=context_mask,
            training=training,
        )
        return query + self._dropout(attended, training=training)

    def attention_scores(self, x: Tensor, mask: Mask = None) -> Tensor:
        """Return how tokens attend to themselves, `(batch, heads, length, length)`."""
        normalized = self._normalization(zero_masked(x, mask))
        return self._attention.attention_scores(normalized, normalized, mask, mask)


class TransformerBlock(ResidualAttention):
    """`y = x + attention(norm(x), norm(c))`, `output = y + W_2 f(W_1 norm(y))`.

    The tokens attend to `context`, which has a normalization of its own, or to themselves.

    Args:
        num_heads: Number of heads.
        key_dim: Width of each head; the tokens' width divided by `num_heads` by default.
        intermediate_dim: Width of the hidden layer; four times that of the tokens by default.
        dropout: Rate of the attention weights, of the hidden layer and of what is added to the
            tokens that is dropped in training.
        activation: The `f`.
        seed: Seed of the dropout.
        **kwargs: `name`, `dtype` and `trainable`.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int | None,
        intermediate_dim: int | None,
        dropout: float,
        activation: Activation,
        seed: int | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_heads, key_dim, dropout, seed, **kwargs)
        self.intermediate_dim = intermediate_dim
        self.activation = activation

    def build(self, query_shape: Shape, context_shape: Shape | None = None) -> None:
        """Make the weights; without `context_shape` the tokens attend to themselves."""
        super().build(query_shape, context_shape)
        self._feed_forward = FeedForward(
            self.intermediate_dim,
            self.dropout,
            self.activation,
            seed_of(self.seed, 2),
            dtype=self.dtype_policy,
            name="feed_forward",
        )
        self._feed_forward.build(query_shape)

    def call(
        self,
        query: Tensor,
        context: Tensor = None,
        query_mask: Mask = None,
        context_mask: Mask = None,
        training: bool | None = None,
    ) -> Tensors:
        """Return `(batch, query_length, dim)`, zeros at the query's masked places."""
        x = super().call(query, context, query_mask, context_mask, training)
        return zero_masked(self._feed_forward(x, training=training), query_mask)
