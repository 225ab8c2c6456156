"""An embedding and a transformer that read token ids into one vector for each token."""

from typing import Any, Self

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.encoders._checks import (
    check_ids,
    check_ids_shape,
    check_rates,
    check_text,
    check_vocabulary_size,
)
from keras_multimodal.encoders._transformer import Transformer, check_transformer
from keras_multimodal.encoders.encoder import Encoder
from keras_multimodal.layers import PositionEmbedding
from keras_multimodal.layers._older_arguments import BLOCK_ARGUMENTS, renamed
from keras_multimodal.layers.attention._transformer_block import seed_of
from keras_multimodal.schema import Modality, Text
from keras_multimodal.types import Mask, Tensor


@register
class TransformerTextEncoder(Encoder):
    """Reads token ids into tokens with an embedding and a transformer, trained from scratch.

    With `w_k` the word at position `k` from 0, `x_k = E[w_k] + p_k` goes through `num_layers`
    blocks, `y = x + attention(norm(x))` and `x = y + W_2 gelu(W_1 norm(y))`, and a last
    normalization.

    Args:
        vocabulary_size: How many different ids there are, padding (0) included; at least 2.
        dim: Width of each token, at least 1.
        max_length: The number of positions, at least 1: no text may be longer.
        num_layers: Number of blocks, at least 1. Default 2.
        num_heads: Number of heads, which divides `dim`. Default 4.
        intermediate_dim: Width of the hidden layer, that of `W_1`; four times `dim` by default.
        dropout: Rate of the embeddings' features, the attention weights, the hidden layer and
            what is added to the tokens that is dropped in training, in [0, 1). Default 0.
        seed: Seed of the dropout. Default `None`.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: Token ids `(batch, length)` of an integer dtype with 0 for padding, or the list
            `[ids, present]` with `present` a boolean `(batch,)`.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, length, dim)`.

    Masking:
        The output's mask is True where an id is not 0 and the text is present. Padding is attended
        to by nobody, wherever it stands, and its tokens are zero; it counts as a position.

    Raises:
        ValueError: If an argument is out of its range, or the ids are not integers of rank 2, or
            more than `max_length`.

    Example:

    >>> ids = keras.ops.convert_to_tensor([[4, 7, 0], [2, 0, 0]])
    >>> encoder = TransformerTextEncoder(vocabulary_size=10, dim=8, max_length=16)
    >>> tuple(encoder(ids).shape)
    (2, 3, 8)

    Reference:
        Vaswani et al., "Attention Is All You Need", 2017; Xiong et al., "On Layer Normalization in
        the Transformer Architecture", 2020 (normalization before). Positions are learned, as in
        Devlin et al., "BERT", 2019.
    """

    kind = "text"

    def __init__(
        self,
        vocabulary_size: int,
        dim: int,
        max_length: int,
        num_layers: int = 2,
        num_heads: int = 4,
        intermediate_dim: int | None = None,
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dim, **kwargs)
        check_vocabulary_size(vocabulary_size)
        check_transformer(
            dim, num_layers, num_heads, intermediate_dim=intermediate_dim, max_length=max_length
        )
        check_rates(dropout=dropout)
        self.vocabulary_size = vocabulary_size
        self.max_length = max_length
        self.num_layers = num_layers
        self.num_heads = num_heads
        self.intermediate_dim = intermediate_dim
        self.dropout = dropout
        self.seed = seed
        policy = self.dtype_policy
        self._embedding = keras.layers.Embedding(
            vocabulary_size,
            dim,
            embeddings_initializer=keras.initializers.RandomNormal(stddev=0.02),
            dtype=policy,
            name="embedding",
        )
        self._positions = PositionEmbedding(max_length=max_length, dtype=policy, name="positions")
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

    def check_modality(self, modality: Modality) -> None:
        """Check that there is an embedding for each id."""
        super().check_modality(modality)
        self.check_ids(modality)

    def check_ids(self, modality: Modality) -> None:
        """Check that there is an embedding for each id and a position for each token."""
        if isinstance(modality, Text):
            check_text(modality, self.vocabulary_size, self.max_length)

    def build_encoder(self, values_shape: tuple[int | None, ...]) -> None:
        """Build the embedding and the blocks for ids `(batch, length)`."""
        check_ids_shape(values_shape)
        if self._embedding.built:
            return
        self._embedding.build(values_shape)
        for layer in (self._positions, self._transformer):
            layer.build((*values_shape, self.dim))

    def values_mask(self, values: Tensor) -> Mask:
        """Return True where an id is not padding."""
        check_ids(values)
        return ops.not_equal(values, 0)

    def encode(self, values: Tensor, mask: Mask, training: bool | None) -> Tensor:
        """Return what the blocks make of each token, `(batch, length, dim)`."""
        x = self._positions(self._embedding(values), mask=mask)
        x = self._feature_dropout(x, training=training)
        return self._transformer(x, mask=mask, training=training)

    def length(self, values_shape: tuple[int | None, ...]) -> int | None:
        """Count one token for each id."""
        return values_shape[1]

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return the encoder of a configuration, also of one that says `feed_forward_dim`."""
        return super().from_config(renamed(config, BLOCK_ARGUMENTS))

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "max_length": self.max_length,
            "num_layers": self.num_layers,
            "num_heads": self.num_heads,
            "intermediate_dim": self.intermediate_dim,
            "dropout": self.dropout,
            "seed": self.seed,
        }
