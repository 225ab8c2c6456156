"""Learned queries that read tokens and talk to each other."""

from typing import Any

from keras_multimodal._registration import register
from keras_multimodal.layers._checks import check_at_least
from keras_multimodal.layers.attention._latent_tokens import LatentTokens
from keras_multimodal.layers.attention._transformer_block import ResidualAttention, Shape
from keras_multimodal.types import Activation, Mask, Tensor


@register
class QFormer(LatentTokens):
    """Reads any number of tokens with a few learned queries, which also attend to each other.

    With `X` the tokens of all modalities and `Z` the queries, in each layer:

    `S = Z + attention(norm(Z), norm(Z))`, `C = S + attention(norm(S), norm(X))`,
    `Z' = C + W_2 f(W_1 norm(C))`

    Args:
        num_queries: Number of queries, at least 1. Default 16.
        num_layers: Number of layers, at least 1. Default 2.
        num_heads: Number of heads, at least 1. Default 4.
        key_dim: Width of each head's queries, keys and values; the tokens' width divided by
            `num_heads` by default.
        intermediate_dim: Width of the hidden layer, that of `W_1`; four times the tokens' width by
            default.
        dropout: Rate of the attention weights, of the hidden layer and of what is added to the
            queries that is dropped in training, in [0, 1). Default 0.
        activation: The `f`. Default `"gelu"`.
        seed: Seed of the dropout. Default `None`.
        **kwargs: `name`, `dtype`, `trainable` and `activity_regularizer`, as for every Keras layer.

    Call arguments:
        inputs: Tokens `(batch, length, dim)`; or a list or a dict of modalities of one width, in
            any mixture of tokens and of vectors `(batch, dim)`, each of which is one token.
        mask: Boolean `(batch, length)`, True where a token is real; or a list or dict of the
            modalities' masks, `(batch,)` for vectors, `None` where a modality is always there. The
            inputs' own Keras masks by default.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, num_queries, dim)`.

    Masking:
        What stands at masked places is never read, NaN included. A modality without a real token
        in a row takes no part in it, and has no gradient. A row without any real token gives zeros.
        The output's mask, `(batch, num_queries)`, is False in those rows; there is none if no
        modality has one.

    Raises:
        ValueError: If an argument is out of its range; if the inputs aren't float tensors of one
            width, or have other names than those the layer was built for; if `num_heads` doesn't
            divide that width and `key_dim` isn't given; or if a mask isn't a boolean that fits its
            modality.

    Example:

    >>> import keras
    >>> places = keras.random.normal((2, 81, 16))
    >>> words = keras.random.normal((2, 12, 16))
    >>> QFormer(num_queries=8)({"image": places, "text": words}).shape
    TensorShape([2, 8, 16])

    Reference:
        Li et al., "BLIP-2: Bootstrapping Language-Image Pre-training with Frozen Image Encoders and
        Large Language Models", 2023, section 3.1 and figure 2. There every other block attends to
        the picture, here every one; it normalizes after each sum, here each part's input is
        normalized; and its text transformer, which shares the self-attention, isn't here.
    """

    def __init__(
        self,
        num_queries: int = 16,
        num_layers: int = 2,
        num_heads: int = 4,
        key_dim: int | None = None,
        intermediate_dim: int | None = None,
        dropout: float = 0.0,
        activation: Activation = "gelu",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        check_at_least(1, num_queries=num_queries)
        super().__init__(
            num_queries,
            num_heads=num_heads,
            num_layers=num_layers,
            key_dim=key_dim,
            intermediate_dim=intermediate_dim,
            dropout=dropout,
            activation=activation,
            seed=seed,
            **kwargs,
        )
        self.num_queries = num_queries

    def build_layers(self, latents_shape: Shape, tokens_shape: Shape) -> None:
        """Make an attention among the queries and a block that reads the tokens, for each layer."""
        self._self_attentions = [
            ResidualAttention(
                self.num_heads,
                self.key_dim,
                self.dropout,
                self.seed_of_part(2 * i),
                dtype=self.dtype_policy,
                name=f"self_attention_{i}",
            )
            for i in range(self.num_layers)
        ]
        self._blocks = [self.make_block(2 * i + 1, f"block_{i}") for i in range(self.num_layers)]
        for self_attention, block in zip(self._self_attentions, self._blocks, strict=True):
            self_attention.build(latents_shape)
            block.build(latents_shape, tokens_shape)

    def attend(self, latents: Tensor, tokens: Tensor, mask: Mask, training: bool | None) -> Tensor:
        """Attend to each other, then to the tokens."""
        for self_attention, block in zip(self._self_attentions, self._blocks, strict=True):
            latents = self_attention(latents, training=training)
            latents = block(latents, tokens, context_mask=mask, training=training)
        return latents

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {**super().get_config(), "num_queries": self.num_queries}
