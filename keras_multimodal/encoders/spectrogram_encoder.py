"""A network that reads a recording through its log-mel spectrogram."""

from collections.abc import Sequence
from typing import Any, Self, cast

import keras
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.encoders._checks import (
    check_filters,
    check_floats,
    check_rates,
    check_sample_rate,
)
from keras_multimodal.encoders._masked_normalization import batch_normalization, normalize
from keras_multimodal.encoders._recurrent import check_recurrent, recurrent_layer
from keras_multimodal.encoders._spectrogram import Bands, LogMelSpectrogram
from keras_multimodal.encoders._steps import pad_steps, pool_mask, pooled_length
from keras_multimodal.encoders.encoder import Shape, zero_absent
from keras_multimodal.encoders.sequence_encoder import SequenceEncoder
from keras_multimodal.layers._older_arguments import renamed
from keras_multimodal.layers.attention._transformer_block import seed_of
from keras_multimodal.schema import Audio, Modality
from keras_multimodal.types import Mask, Tensor


@register
class SpectrogramEncoder(SequenceEncoder):
    """Reads a recording into one token for each stretch of time, trained from scratch.

    The recording becomes a log-mel spectrogram: with `x` its samples, `h` the hop, `w` a Hann
    window of `frame_length` and `M` the mel filters, frame `t` is
    `log(M |DFT(w x[t h : t h + frame_length])|^2 + 1e-6)`, each band normalized over the batch.
    Stages of 3x3 convolutions follow, each of stride 2 in time and frequency, then one of stride 1,
    each with batch normalization and ReLU. A dense layer makes a token of what all bands have at a
    time, and with `recurrent` a bidirectional GRU reads the tokens.

    Args:
        dim: Width of each token, at least 1; even with `recurrent`.
        sample_rate: Rate of the recordings in Hz, that of their `schema.Audio`.
        mel_bins: Number of mel bands, from 0 Hz to half the sample rate. Default 40.
        frame_length: Length of a frame in seconds. Default 0.032.
        hop_seconds: From the start of a frame to that of the next, in seconds. Default 0.016.
        filters: Channels of each stage, at least one stage. Default `(32, 64, 128)`.
        recurrent: Whether a GRU reads the tokens. Default False.
        band_dropout: The largest share of the mel bands, and of the frames, that is hidden in
            training, in [0, 1): of each row a band of either, of a width and at a place drawn
            anew. Default 0.
        dropout: Rate of the tokens' features dropped in training, in [0, 1). A feature is dropped
            at every token at once. Default 0.
        seed: Seed of `band_dropout` and `dropout`. Default `None`.
        **kwargs: `name`, `dtype` and `trainable`, as for every Keras layer.

    Call arguments:
        inputs: Samples `(batch, samples)` in [-1, 1], or the list `[samples, there]` with `there`
            a boolean `(batch,)`, True where the row has a recording, or `(batch, samples)`, True
            where a sample is there.
        training: Whether the call is part of training.

    Returns:
        Tokens `(batch, length, dim)`: with `n` stages, one for each `2**n` hops begun.

    Masking:
        Without `there` every token is real and the output has no mask. With it, a token is real
        where any sample of its hops is. What isn't there is silence to the frames that reach into
        it, and takes no part in the statistics of the normalizations; what stands there is never
        read, NaN included.

    Raises:
        ValueError: If an argument is out of its range, or the samples have the wrong rank or an
            integer dtype, or `there` has another shape.

    Example:

    >>> recordings = keras.random.uniform((2, 8000), -1.0, 1.0)
    >>> encoder = SpectrogramEncoder(dim=16, sample_rate=8000, filters=(8, 8))
    >>> tuple(encoder(recordings).shape)
    (2, 16, 16)

    Reference:
        Cakir et al., "Convolutional Recurrent Neural Networks for Polyphonic Sound Event
        Detection", 2017; Park et al., "SpecAugment", 2019, section 2 (`band_dropout`, one band of
        each kind and no time warping). `keras.layers.MelSpectrogram` makes the filters; its
        decibels are not used, since they are cut off by the loudest place of the whole batch, so
        that what a row becomes would depend on the others.
    """

    kind = "audio"

    def __init__(
        self,
        dim: int,
        sample_rate: int,
        mel_bins: int = 40,
        frame_length: float = 0.032,
        hop_seconds: float = 0.016,
        filters: Sequence[int] = (32, 64, 128),
        recurrent: bool = False,
        band_dropout: float = 0.0,
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        # Samples stay as they are: rounded to half precision, what is quiet is noise.
        super().__init__(dim, autocast=False, **kwargs)
        check_filters(filters)
        check_rates(band_dropout=band_dropout, dropout=dropout)
        if recurrent:
            check_recurrent(dim, "gru", bidirectional=True)
        self.sample_rate = sample_rate
        self.mel_bins = mel_bins
        self.frame_length = frame_length
        self.hop_seconds = hop_seconds
        self.filters = tuple(filters)
        self.recurrent = recurrent
        self.band_dropout = band_dropout
        self.dropout = dropout
        self.seed = seed
        policy = self.dtype_policy
        self._spectrogram = LogMelSpectrogram(sample_rate, mel_bins, frame_length, hop_seconds)
        self._band_normalization = batch_normalization(policy)
        self._bands = Bands(band_dropout, seed=seed, dtype=policy)
        self._strides = [stride for _ in self.filters for stride in (2, 1)]
        self._convolutions = [
            keras.layers.Conv2D(
                width,
                3,
                strides=stride,
                use_bias=False,  # the normalization that follows has its own
                kernel_initializer="he_normal",
                dtype=policy,
            )
            for width in self.filters
            for stride in (2, 1)
        ]
        self._normalizations = [batch_normalization(policy) for _ in self._convolutions]
        self._projection = keras.layers.Dense(dim, dtype=policy)
        self._feature_dropout = keras.layers.SpatialDropout1D(
            dropout, seed=seed_of(seed, 1), dtype=policy
        )
        self._recurrent = (
            recurrent_layer(dim, "gru", bidirectional=True, policy=policy) if recurrent else None
        )

    def check_modality(self, modality: Modality) -> None:
        """Check that recordings have the encoder's sample rate."""
        super().check_modality(modality)
        check_sample_rate(cast("Audio", modality), self.sample_rate)

    def build_encoder(self, values_shape: Shape) -> None:
        """Build the stages for samples `(batch, samples)`."""
        if len(values_shape) != 2:
            raise ValueError(
                "`inputs` must be recordings of shape (batch, samples). "
                f"Received: shape {values_shape}"
            )
        if self._projection.built:
            return
        batch, bands, width = values_shape[0], self.mel_bins, 1
        self._band_normalization.build((batch, None, bands))
        for convolution, normalization, stride in zip(
            self._convolutions, self._normalizations, self._strides, strict=True
        ):
            convolution.build((batch, None, bands + 2, width))
            width, bands = convolution.filters, -(-bands // stride)
            normalization.build((batch, None, bands, width))
        self._places = bands * width
        self._projection.build((batch, None, self._places))
        if self._recurrent is not None:
            self._recurrent.build((batch, None, self.dim))

    def check_values(self, values: Tensor) -> None:
        """Refuse integers."""
        check_floats(values, "recordings with samples in [-1, 1],")

    def mask_tokens(self, steps: Mask) -> Mask:
        """Return True where any sample of a token's hops is there."""
        frames = pool_mask(steps, self._spectrogram.hop)
        for stride in self._strides:
            frames = pool_mask(frames, stride)
        return frames

    def encode_steps(
        self, values: Tensor, steps: Mask, mask: Mask, training: bool | None
    ) -> Tensor:
        """Return what the stages make of the spectrogram, `(batch, length, dim)`."""
        frames = None if steps is None else pool_mask(steps, self._spectrogram.hop)
        x = ops.cast(self._spectrogram(values), self.compute_dtype)  # (batch, frames, bands)
        x = normalize(self._band_normalization, x, frames, training)
        x = self._bands(x, frames=frames, training=training)[..., None]
        for convolution, normalization, stride in zip(
            self._convolutions, self._normalizations, self._strides, strict=True
        ):
            # Padding of its own: Keras' "same" stands elsewhere where the length is another.
            x = x if frames is None else zero_absent(x, frames)
            x = convolution(ops.pad(pad_steps(x, 1, 1), ((0, 0), (0, 0), (1, 1), (0, 0))))
            frames = None if frames is None else pool_mask(frames, stride)
            there = None if frames is None else frames[..., None]  # (batch, frames, 1)
            x = ops.relu(normalize(normalization, x, there, training))
        x = ops.reshape(x, (-1, ops.shape(x)[1], self._places))
        x = self._feature_dropout(self._projection(x), training=training)
        if self._recurrent is not None:
            x = self._recurrent(x, mask=mask, training=training)
        return x

    def length(self, values_shape: Shape) -> int | None:
        """Count one token for each `2**n` hops begun."""
        return pooled_length(
            pooled_length(values_shape[1], self._spectrogram.hop), 2 ** len(self.filters)
        )

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return the encoder of a configuration, also of one that calls its hop `hop`."""
        return super().from_config(renamed(config, {"hop": "hop_seconds"}))

    def get_config(self) -> dict[str, Any]:
        """Return every argument, so that the layer can be saved."""
        return {
            **super().get_config(),
            "sample_rate": self.sample_rate,
            "mel_bins": self.mel_bins,
            "frame_length": self.frame_length,
            "hop_seconds": self.hop_seconds,
            "filters": self.filters,
            "recurrent": self.recurrent,
            "band_dropout": self.band_dropout,
            "dropout": self.dropout,
            "seed": self.seed,
        }
