"""A convolutional network that reads a series of measurements."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.encoders._checks import check_filters, check_floats, check_rates
from keras_multimodal.encoders._masked_normalization import batch_normalization, normalize
from keras_multimodal.encoders._steps import (
    check_series,
    pad_steps,
    pool_mask,
    pooled_length,
    with_mask_channel,
)
from keras_multimodal.encoders.encoder import Shape
from keras_multimodal.encoders.sequence_encoder import SequenceEncoder
from keras_multimodal.ops import zero_masked
from keras_multimodal.types import Mask, Tensor


@register
class ConvSensorEncoder(SequenceEncoder):
    """Reads a series of measurements into one token for some steps, trained from scratch.

    Each stage is a convolution over time of stride 2, then one of stride 1, each with batch
    normalization and ReLU, so that `n` stages make `ceil(steps / 2**n)` tokens. A dense layer
    brings the last stage to `dim`. The series has one channel more for the network, which says
    where a step is there.

    Args:
        dim: Width of each token, at least 1.
        filters: Channels of each stage, at least one stage. Default `(64, 128)`.
        kernel_size: Steps that each convolution reads, an odd number. Default 5.
        dropout: Rate of the channels of the last stage dropped in training, in [0, 1). A channel
            is dropped at every step at once. Default 0.
        seed: Seed of the dropout. Default `None`.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: Series `(batch, steps, channels)`, standardised, as `schema.Sensor` has them by
            default; or the list `[series, there]` with `there` a boolean `(batch,)`, True where
            the row has a series, or `(batch, steps)`, True where a step is there.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, ceil(steps / 2**n), dim)`.

    Masking:
        Without `there` every token is real and the output has no mask. With it, a token is real
        where any of its `2**n` steps is. Steps that aren't there take no part in the statistics of
        the batch normalization, and what stands there is never read, NaN included.

    Raises:
        ValueError: If an argument is out of its range, or the series have the wrong rank or an
            integer dtype, or `there` has another shape.

    Example:

    >>> series = keras.random.normal((2, 100, 6))
    >>> tuple(ConvSensorEncoder(dim=16, filters=(8, 8))(series).shape)
    (2, 25, 16)

    Reference:
        Wang et al., "Time Series Classification from Scratch with Deep Neural Networks", 2017 (its
        fully convolutional network, which has no strides).
    """

    kind = "sensor"

    def __init__(
        self,
        dim: int,
        filters: Sequence[int] = (64, 128),
        kernel_size: int = 5,
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dim, **kwargs)
        check_filters(filters)
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ValueError(
                f"`kernel_size` must be an odd number of steps. Received: kernel_size={kernel_size}"
            )
        check_rates(dropout=dropout)
        self.filters = tuple(filters)
        self.kernel_size = kernel_size
        self.dropout = dropout
        self.seed = seed
        policy = self.dtype_policy
        self._strides = [stride for _ in self.filters for stride in (2, 1)]
        self._convolutions = [
            keras.layers.Conv1D(
                width,
                kernel_size,
                strides=stride,
                use_bias=False,  # the normalization that follows has its own
                kernel_initializer="he_normal",
                dtype=policy,
            )
            for width in self.filters
            for stride in (2, 1)
        ]
        self._normalizations = [batch_normalization(policy) for _ in self._convolutions]
        self._channel_dropout = keras.layers.SpatialDropout1D(dropout, seed=seed, dtype=policy)
        self._projection = keras.layers.Dense(dim, dtype=policy)

    def build_encoder(self, values_shape: Shape) -> None:
        """Build the stages for series `(batch, steps, channels)`."""
        check_series(values_shape)
        if self._projection.built:
            return
        width = (values_shape[-1] or 0) + 1
        for convolution, normalization in zip(
            self._convolutions, self._normalizations, strict=True
        ):
            convolution.build((values_shape[0], None, width))
            width = convolution.filters
            normalization.build((values_shape[0], None, width))
        self._projection.build((values_shape[0], None, width))

    def check_values(self, values: Tensor) -> None:
        """Refuse integers."""
        check_floats(values, "series")

    def mask_tokens(self, steps: Mask) -> Mask:
        """Return True where any of a token's steps is there."""
        for stride in self._strides:
            steps = pool_mask(steps, stride)
        return steps

    def encode_steps(
        self, values: Tensor, steps: Mask, mask: Mask, training: bool | None
    ) -> Tensor:
        """Return what the stages make of the steps, `(batch, length, dim)`."""
        x, half = with_mask_channel(values, steps), self.kernel_size // 2
        for convolution, normalization, stride in zip(
            self._convolutions, self._normalizations, self._strides, strict=True
        ):
            # Padding of its own: Keras' "same" stands elsewhere where the length is another.
            x = convolution(pad_steps(zero_masked(x, steps), half, half))
            steps = None if steps is None else pool_mask(steps, stride)
            x = ops.relu(normalize(normalization, x, steps, training))
        return self._projection(self._channel_dropout(x, training=training))

    def length(self, values_shape: Shape) -> int | None:
        """Halve the steps for each stage, rounded up."""
        return pooled_length(values_shape[1], 2 ** len(self.filters))

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "dropout": self.dropout,
            "seed": self.seed,
        }
