"""A recurrent network that reads a series of measurements."""

from typing import Any, Literal

import keras

from keras_multimodal._registration import register
from keras_multimodal.encoders._checks import check_floats, check_rates
from keras_multimodal.encoders._recurrent import check_recurrent, recurrent_layer
from keras_multimodal.encoders._steps import check_series
from keras_multimodal.encoders.encoder import Shape
from keras_multimodal.encoders.sequence_encoder import SequenceEncoder
from keras_multimodal.types import Mask, Tensor


@register
class RecurrentSensorEncoder(SequenceEncoder):
    """Reads a series of measurements into one token for each step, trained from scratch.

    A GRU or LSTM on the steps. One that isn't there is skipped, as if the next had followed at
    once; where the length of a gap tells something, take `ConvSensorEncoder` or
    `PatchSensorEncoder`, which see it.

    Args:
        dim: Width of each token, at least 1; even when `bidirectional`, as each direction makes
            half of it.
        cell: `"gru"` (default) or `"lstm"`.
        bidirectional: Whether the series is read in both directions. Default True.
        dropout: Rate of the tokens' features dropped in training, in [0, 1). A feature is dropped
            at every step at once. Default 0.
        seed: Seed of the dropout. Default `None`.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: Series `(batch, steps, channels)`, standardised, as `schema.Sensor` has them by
            default; or the list `[series, there]` with `there` a boolean `(batch,)`, True where
            the row has a series, or `(batch, steps)`, True where a step is there.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, steps, dim)`.

    Masking:
        Without `there` every token is real and the output has no mask. With it, a token is real
        where its step is. What stands at other steps is never read, NaN included.

    Raises:
        ValueError: If an argument is out of its range, or the series have the wrong rank or an
            integer dtype, or `there` has another shape.

    Example:

    >>> series = keras.random.normal((2, 100, 6))
    >>> tuple(RecurrentSensorEncoder(dim=16)(series).shape)
    (2, 100, 16)

    Reference:
        Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder", 2014 (GRU);
        Schuster and Paliwal, "Bidirectional Recurrent Neural Networks", 1997.
    """

    kind = "sensor"

    def __init__(
        self,
        dim: int,
        cell: Literal["gru", "lstm"] = "gru",
        bidirectional: bool = True,
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dim, **kwargs)
        check_recurrent(dim, cell, bidirectional)
        check_rates(dropout=dropout)
        self.cell = cell
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.seed = seed
        self._recurrent = recurrent_layer(dim, cell, bidirectional, self.dtype_policy)
        self._feature_dropout = keras.layers.SpatialDropout1D(
            dropout, seed=seed, dtype=self.dtype_policy
        )

    def build_encoder(self, values_shape: Shape) -> None:
        """Build the recurrent layer for series `(batch, steps, channels)`."""
        check_series(values_shape)
        if not self._recurrent.built:
            self._recurrent.build(values_shape)

    def check_values(self, values: Tensor) -> None:
        """Refuse integers."""
        check_floats(values, "series")

    def mask_tokens(self, steps: Mask) -> Mask:
        """Return the steps, each of which is a token."""
        return steps

    def encode_steps(
        self, values: Tensor, steps: Mask, mask: Mask, training: bool | None
    ) -> Tensor:
        """Return the recurrent layer's output at each step, `(batch, steps, dim)`."""
        tokens = self._recurrent(values, mask=steps, training=training)
        return self._feature_dropout(tokens, training=training)

    def length(self, values_shape: Shape) -> int | None:
        """Count one token for each step."""
        return values_shape[1]

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "cell": self.cell,
            "bidirectional": self.bidirectional,
            "dropout": self.dropout,
            "seed": self.seed,
        }
