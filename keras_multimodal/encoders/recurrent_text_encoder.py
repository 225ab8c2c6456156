"""An embedding and a recurrent network that read token ids into one vector for each token."""

from typing import Any, Literal

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
from keras_multimodal.encoders._recurrent import check_recurrent, recurrent_layer
from keras_multimodal.encoders.encoder import Encoder
from keras_multimodal.schema import Modality, Text
from keras_multimodal.types import Mask, Tensor


@register
class RecurrentTextEncoder(Encoder):
    """Reads token ids into tokens with an embedding and a GRU or LSTM, trained from scratch.

    Args:
        vocabulary_size: How many different ids there are, padding (0) included; at least 2.
        dim: Width of each token, at least 1; even when `bidirectional`, as each direction makes
            half of it.
        embedding_dim: Width of the embedding; `dim` by default.
        cell: `"gru"` (default) or `"lstm"`.
        bidirectional: Whether the text is read in both directions. Default True.
        dropout: Rate of the embedding's features dropped in training, in [0, 1). Default 0.
        seed: Seed of the dropout. Default `None`.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: Token ids `(batch, length)` of an integer dtype with 0 for padding, or the list
            `[ids, present]` with `present` a boolean `(batch,)`.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, length, dim)`.

    Masking:
        The output's mask is True where an id is not 0 and the text is present. Padding is
        skipped, wherever it stands, and its tokens are zero.

    Raises:
        ValueError: If an argument is out of its range, or the ids are not integers of rank 2.

    Example:

    >>> ids = keras.ops.convert_to_tensor([[4, 7, 0], [2, 0, 0]])
    >>> tuple(RecurrentTextEncoder(vocabulary_size=10, dim=8)(ids).shape)
    (2, 3, 8)

    Reference:
        Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", 2014 (GRU);
        Schuster and Paliwal, "Bidirectional Recurrent Neural Networks", 1997.
    """

    kind = "text"

    def __init__(
        self,
        vocabulary_size: int,
        dim: int,
        embedding_dim: int | None = None,
        cell: Literal["gru", "lstm"] = "gru",
        bidirectional: bool = True,
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dim, **kwargs)
        check_vocabulary_size(vocabulary_size)
        if embedding_dim is not None and embedding_dim < 1:
            raise ValueError(
                f"`embedding_dim` must be at least 1. Received: embedding_dim={embedding_dim}"
            )
        check_recurrent(dim, cell, bidirectional)
        check_rates(dropout=dropout)
        self.vocabulary_size = vocabulary_size
        self.embedding_dim = embedding_dim
        self.cell = cell
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.seed = seed
        self._embedding = keras.layers.Embedding(
            vocabulary_size, embedding_dim or dim, dtype=self.dtype_policy
        )
        self._feature_dropout = keras.layers.SpatialDropout1D(
            dropout, seed=seed, dtype=self.dtype_policy
        )
        self._recurrent = recurrent_layer(dim, cell, bidirectional, self.dtype_policy)

    def check_modality(self, modality: Modality) -> None:
        """Check that there is an embedding for each id."""
        super().check_modality(modality)
        self.check_ids(modality)

    def check_ids(self, modality: Modality) -> None:
        """Check that there is an embedding for each id."""
        if isinstance(modality, Text):
            check_text(modality, self.vocabulary_size)

    def build_encoder(self, values_shape: tuple[int | None, ...]) -> None:
        """Build the embedding and the recurrent layer for ids `(batch, length)`."""
        check_ids_shape(values_shape)
        if not self._embedding.built:
            self._embedding.build(values_shape)
        if not self._recurrent.built:
            self._recurrent.build((*values_shape, self.embedding_dim or self.dim))

    def values_mask(self, values: Tensor) -> Mask:
        """Return True where an id is not padding."""
        check_ids(values)
        return ops.not_equal(values, 0)

    def encode(self, values: Tensor, mask: Mask, training: bool | None) -> Tensor:
        """Return the recurrent layer's output for each token, `(batch, length, dim)`."""
        x = self._embedding(values)  # (batch, length, embedding_dim)
        x = self._feature_dropout(x, training=training)
        return self._recurrent(x, mask=mask, training=training)

    def length(self, values_shape: tuple[int | None, ...]) -> int | None:
        """Count one token for each id."""
        return values_shape[1]

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "embedding_dim": self.embedding_dim,
            "cell": self.cell,
            "bidirectional": self.bidirectional,
            "dropout": self.dropout,
            "seed": self.seed,
        }
