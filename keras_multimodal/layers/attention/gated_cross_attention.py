"""Cross-attention that a pretrained model takes on without being disturbed."""

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._checks import check_query_and_context
from keras_multimodal.layers.attention._block_layer import BlockLayer
from keras_multimodal.layers.attention._transformer_block import EPSILON, Shape
from keras_multimodal.layers.attention.cross_modal_attention import CrossModalAttention
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Mask, Tensor, Tensors


@register
class GatedCrossAttention(BlockLayer):
    """A block of cross-attention behind two gates, which starts as the identity.

    With `x` the query's tokens, `c` the context's, `a` and `b` learned numbers that start at zero:

    `y = x + tanh(a) attention(norm(x), c)`, `output = y + tanh(b) W_2 f(W_1 norm(y))`

    It goes between two layers of a pretrained model, which at first don't notice.

    Args:
        num_heads: Number of heads, at least 1.
        key_dim: Width of each head's queries, keys and values; the query's width divided by
            `num_heads` by default.
        intermediate_dim: Width of the hidden layer; four times the query's width by default.
        dropout: Rate of the attention weights, of the hidden layer and of what is added to the
            tokens that is dropped in training, in [0, 1). Default 0.
        activation: The `f`. Default `"gelu"`.
        seed: Seed of the dropout. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        query: The tokens that attend, `(batch, query_length, query_dim)`.
        context: The tokens attended to, `(batch, context_length, context_dim)`.
        query_mask: Boolean `(batch, query_length)`, True where a token is real; the query's own
            Keras mask by default.
        context_mask: Boolean `(batch, context_length)`; the context's own Keras mask by default.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, query_length, query_dim)`.

    Masking:
        What stands at masked places is never read, NaN included. The output is zero at the
        query's masked places and carries the query's own Keras mask. In a row without a context
        token the output is exactly the query, through both parts, and no weight has a gradient.

    Raises:
        ValueError: If an argument is out of its range; if the tokens have the wrong rank or dtype;
            if `num_heads` doesn't divide the query's width and `key_dim` isn't given; or if a mask
            isn't a boolean that fits its tokens.

    Example:

    >>> words = keras.random.normal((2, 5, 16))
    >>> places = keras.random.normal((2, 9, 24))
    >>> output = GatedCrossAttention(num_heads=4)(words, places)
    >>> bool(keras.ops.all(output == words))
    True

    Reference:
        Alayrac et al., "Flamingo: a Visual Language Model for Few-Shot Learning", 2022, section
        2.2, figure 4. There the second part changes a row without a context token too; here the
        pretrained model is left alone where there is nothing to see. The context isn't normalized.
    """

    def build(self, query_shape: Shape, context_shape: Shape) -> None:
        """Make the weights for tokens of the given shapes."""
        policy = self.dtype_policy
        self._attention = CrossModalAttention(
            self.num_heads,
            key_dim=self.key_dim,
            dropout=self.dropout,
            seed=self.seed_of_part(0),
            dtype=policy,
            name="attention",
        )
        self._attention.build(query_shape, context_shape)
        self._normalization = keras.layers.LayerNormalization(
            epsilon=EPSILON, dtype=policy, name="normalization"
        )
        self._normalization.build(query_shape)
        self._dropout = self.make_dropout(1)
        self._feed_forward = self.make_feed_forward(2, "feed_forward", residual=False)
        self._feed_forward.build(query_shape)
        self._attention_gate = self._gate("attention_gate")
        self._feed_forward_gate = self._gate("feed_forward_gate")

    def _gate(self, name: str) -> Tensor:
        return self.add_weight(name=name, shape=(), initializer="zeros")

    def call(
        self,
        query: Tensor,
        context: Tensor,
        query_mask: Mask = None,
        context_mask: Mask = None,
        training: bool | None = None,
    ) -> Tensors:
        """Attend and feed forward; see the class."""
        check_query_and_context(query, context, query_mask, context_mask)
        query = zero_masked(query, query_mask)
        # Without the query's mask: what is masked is finite by now, and zeroed once, at the end.
        attended = self._attention(
            self._normalization(query), context, context_mask=context_mask, training=training
        )
        attended = self._dropout(attended, training=training)
        output = query + ops.tanh(self._attention_gate) * attended
        added = ops.tanh(self._feed_forward_gate) * self._feed_forward(output, training=training)
        if context_mask is not None:
            some = ops.any(context_mask, axis=-1)[:, None]  # (batch, 1)
            added = zero_masked(added, some)
        return zero_masked(output + added, query_mask)

    def attention_scores(
        self, query: Tensor, context: Tensor, query_mask: Mask = None, context_mask: Mask = None
    ) -> Tensor:
        """Return the weights, `(batch, num_heads, query_length, context_length)`.

        Args:
            query: As for a call.
            context: As for a call.
            query_mask: As for a call.
            context_mask: As for a call.
        """
        query = self._normalization(zero_masked(query, query_mask))
        return self._attention.attention_scores(query, context, query_mask, context_mask)

    def compute_output_shape(self, query_shape: Shape, context_shape: Shape) -> Shape:
        """Return the query's shape."""
        return tuple(query_shape)

    def compute_output_spec(
        self,
        query: Tensor,
        context: Tensor,
        query_mask: Mask = None,
        context_mask: Mask = None,
        training: bool | None = None,
    ) -> Tensors:
        """Return the query's shape."""
        check_query_and_context(query, context, query_mask, context_mask)
        return keras.KerasTensor(query.shape, dtype=self.compute_dtype)
