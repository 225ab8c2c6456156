"""Any number of tokens resampled to a fixed number."""

from typing import Any

from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.layers._checks import check_at_least
from keras_multimodal.layers._modalities import merged_length
from keras_multimodal.layers.attention._latent_tokens import LatentTokens
from keras_multimodal.layers.attention._transformer_block import Shape
from keras_multimodal.types import Activation, Mask, Tensor


@register
class PerceiverResampler(LatentTokens):
    """Resamples any number of tokens to a few, with learned tokens that attend to all of them.

    With `X` the tokens of all modalities, `Z` the learned tokens, called latents, and `[...]`
    tokens one after the other, in each layer:

    `Y = Z + attention(norm(Z), norm([X, Z]))`, `Z' = Y + W_2 f(W_1 norm(Y))`

    The cost grows with the number of tokens, and not with its square.

    Args:
        num_latents: Number of latents, at least 1. Default 16.
        num_layers: Number of layers, at least 1. Default 2.
        num_heads: Number of heads, at least 1. Default 4.
        key_dim: Width of each head's queries, keys and values; the tokens' width divided by
            `num_heads` by default.
        intermediate_dim: Width of the hidden layer, that of `W_1`; four times the tokens' width by
            default.
        dropout: Rate of the attention weights, of the hidden layer and of what is added to the
            latents that is dropped in training, in [0, 1). Default 0.
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
        Tokens `(batch, num_latents, dim)`.

    Masking:
        What stands at masked places is never read, NaN included. A modality without a real token
        in a row takes no part in it, and has no gradient. A row without any real token gives zeros.
        The output's mask, `(batch, num_latents)`, is False in those rows; there is none if no
        modality has one.

    Raises:
        ValueError: If an argument is out of its range; if the inputs aren't float tensors of one
            width, or have other names than those the layer was built for; if `num_heads` doesn't
            divide that width and `key_dim` isn't given; or if a mask isn't a boolean that fits its
            modality.

    Example:

    >>> import keras
    >>> frames = keras.random.normal((2, 81, 16))
    >>> PerceiverResampler(num_latents=8)(frames).shape
    TensorShape([2, 8, 16])

    Reference:
        Alayrac et al., "Flamingo: a Visual Language Model for Few-Shot Learning", 2022, section 2.1
        and figure 5; Jaegle et al., "Perceiver: General Perception with Iterative Attention", 2021.
        The figure shows no normalization: here tokens and latents share one for the keys and
        values, and the latents have another for the queries. Its embeddings of a frame's time are
        for the encoders.
    """

    def __init__(
        self,
        num_latents: int = 16,
        num_layers: int = 2,
        num_heads: int = 4,
        key_dim: int | None = None,
        intermediate_dim: int | None = None,
        dropout: float = 0.0,
        activation: Activation = "gelu",
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        check_at_least(1, num_latents=num_latents)
        super().__init__(
            num_latents,
            num_heads=num_heads,
            num_layers=num_layers,
            key_dim=key_dim,
            intermediate_dim=intermediate_dim,
            dropout=dropout,
            activation=activation,
            seed=seed,
            **kwargs,
        )
        self.num_latents = num_latents

    def build_layers(self, latents_shape: Shape, tokens_shape: Shape) -> None:
        """Make one block a layer."""
        context_shape = (None, merged_length([tokens_shape, latents_shape]), latents_shape[-1])
        self._blocks = [self.make_block(i, f"block_{i}") for i in range(self.num_layers)]
        for block in self._blocks:
            block.build(latents_shape, context_shape)

    def attend(self, latents: Tensor, tokens: Tensor, mask: Mask, training: bool | None) -> Tensor:
        """Attend to the tokens and to each other."""
        if mask is not None:
            latents_mask = ops.ones_like(latents[..., 0], dtype="bool")
            mask = ops.concatenate([mask, latents_mask], axis=1)
        for block in self._blocks:
            context = ops.concatenate([tokens, latents], axis=1)
            latents = block(latents, context, context_mask=mask, training=training)
        return latents

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {**super().get_config(), "num_latents": self.num_latents}
