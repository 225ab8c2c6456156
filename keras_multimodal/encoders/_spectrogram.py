"""Log-mel spectrograms, and bands of them that are hidden in training."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_multimodal.encoders._steps import pad_steps
from keras_multimodal.types import Tensor, Tensors

# Added to the power before its logarithm, so that silence has one: in frames of 256 samples the
# power of a tone 1.6e-5 high, half a step of 16 bits.
_FLOOR = 1e-6


class LogMelSpectrogram:
    """`log(M |DFT(w x[t h : t h + n])|^2 + 1e-6)`, as a function.

    Args:
        sample_rate: In Hz, at least 1.
        mel_bins: Number of mel bands, at least 1, from 0 Hz to half the sample rate.
        frame_length: Length of a frame in seconds, of at least one sample.
        hop_seconds: From the start of a frame to that of the next in seconds, at least one sample.
    """

    def __init__(
        self, sample_rate: int, mel_bins: int, frame_length: float, hop_seconds: float
    ) -> None:
        for argument, value in (("sample_rate", sample_rate), ("mel_bins", mel_bins)):
            if value < 1:
                raise ValueError(f"`{argument}` must be at least 1. Received: {argument}={value}")
        self.frame = round(frame_length * sample_rate)
        self.hop = round(hop_seconds * sample_rate)
        if self.frame < 2 or self.hop < 1:
            raise ValueError(
                "`frame_length` must be two samples or more, and `hop_seconds` one. Received: "
                f"frame_length={frame_length}, hop_seconds={hop_seconds}, sample_rate={sample_rate}"
            )
        # The next power of two, which is what Fourier transforms like.
        self.fft_length = 1 << (self.frame - 1).bit_length()
        # Keras' own isn't the same on TensorFlow and JAX where the number of samples is odd.
        angles = 2 * np.pi * np.arange(self.frame) / self.frame
        self._window = (0.5 - 0.5 * np.cos(angles)).astype("float32")
        self._arguments = (mel_bins, self.fft_length // 2 + 1, sample_rate, 0.0, sample_rate / 2)

    def __call__(self, samples: Tensor) -> Any:
        """Turn `(batch, samples)` into `(batch, ceil(samples / hop), mel_bins)` float32."""
        # Keras puts the window into the middle of as many samples as the transform has.
        before = (self.fft_length - self.frame) // 2
        # No half precision: what is left of a Fourier transform there is noise.
        samples = ops.cast(samples, "float32")
        samples = pad_steps(samples, before, self.fft_length - 1 - before)
        real, imaginary = ops.stft(
            samples, self.frame, self.hop, self.fft_length, window=self._window, center=False
        )
        power = ops.square(real) + ops.square(imaginary)  # (batch, frames, frequencies)
        filters = keras.layers.MelSpectrogram(dtype="float32").linear_to_mel_weight_matrix(
            *self._arguments
        )
        return ops.log(ops.matmul(power, ops.cast(filters, "float32")) + _FLOOR)


class Bands(keras.layers.Layer):
    """Hides a band of frequencies and a stretch of time of each row, in training.

    Args:
        share: The largest share of either that is hidden, in [0, 1).
        seed: Seed of the draws.
        **kwargs: `name`, `dtype` and `trainable`.
    """

    def __init__(self, share: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.share = share
        self._seeds = keras.random.SeedGenerator(seed)
        self.supports_masking = True
        self.built = True

    def call(self, x: Tensor, frames: Tensor = None, training: bool | None = None) -> Tensors:
        """Hide a band and a stretch of each row in training.

        Args:
            x: `(batch, frames, bands)`, normalized: zero is what is usual.
            frames: Which frames are there, `(batch, frames)`; the stretch is a share of the
                recording, up to its last frame. `None` for all.
            training: Whether to hide anything.
        """
        if not training or not self.share:
            return x
        frame_count, band_count = (ops.cast(n, "float32") for n in ops.shape(x)[1:])
        if frames is not None:
            places = ops.cast(ops.arange(1, ops.shape(x)[1] + 1), "float32")
            last = ops.max(ops.where(frames, places, ops.zeros_like(places)), axis=1)
            frame_count = ops.reshape(last, (-1, 1, 1))
        for axis, size in ((1, frame_count), (2, band_count)):
            x = ops.where(self._hidden(x, axis, size), ops.zeros_like(x), x)
        return x

    def _hidden(self, x: Tensor, axis: int, size: Tensor) -> Tensor:
        """Return True at the hidden places of an axis, of length 1 along the other."""
        draws = keras.random.uniform((2, ops.shape(x)[0], 1, 1), seed=self._seeds)
        width = draws[0] * self.share * size
        start = draws[1] * (size - width)
        places = ops.arange(ops.shape(x)[axis], dtype="float32")
        places = ops.reshape(places, (1, -1, 1) if axis == 1 else (1, 1, -1))
        return ops.logical_and(places >= start, places < start + width)
