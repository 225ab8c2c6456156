"""What Whisper hears: a log-mel spectrogram of half a minute."""

import importlib
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_multimodal._registration import register
from keras_multimodal.types import Shapes, Tensor, Tensors

SAMPLE_RATE = 16_000
_FRAME, _HOP = 400, 160
# What the network hears begins this many tens of decibels below its loudest place.
_RANGE = 8.0


@register
class WhisperFeatures(keras.layers.Layer):
    """Samples `(batch, samples)` in [-1, 1] at 16 kHz to what Whisper was trained on.

    A recording is cut or padded with silence to `frames` hops of 10 ms. With `P` the power of each
    mel band, and `m` the largest `log10 P` of the recording,
    `(max(log10 max(P, 1e-10), m - 8) + 4) / 4`. It is what `keras_hub.layers.WhisperAudioConverter`
    makes, on every backend, in a graph and under XLA.

    Args:
        num_mels: Mel bands.
        frames: Frames of each recording; 3,000 in all published networks.
        **kwargs: `name` and `dtype`.

    Reference:
        Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022,
        section 2.2.
    """

    def __init__(self, num_mels: int, frames: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.num_mels = num_mels
        self.frames = frames

    def build(self, input_shape: Shapes) -> None:
        """Make the filters and the window."""
        keras_hub = importlib.import_module("keras_hub")
        self._filters = keras_hub.layers.WhisperAudioConverter(self.num_mels).mel_filters
        angles = 2 * np.pi * np.arange(_FRAME) / _FRAME
        self._window = (0.5 - 0.5 * np.cos(angles)).astype("float32")

    def call(self, samples: Tensor) -> Tensors:
        """Turn `(batch, samples)` into `(batch, frames, num_mels)` float32."""
        heard = self.frames * _HOP
        x = ops.cast(samples, "float32")
        x = ops.pad(x, ((0, 0), (0, heard)))[:, :heard]
        x = ops.pad(x, ((0, 0), (_FRAME // 2, _FRAME // 2)), mode="reflect")
        real, imaginary = ops.stft(x, _FRAME, _HOP, _FRAME, window=self._window, center=False)
        power = ops.square(real[:, :-1]) + ops.square(imaginary[:, :-1])
        bands = ops.matmul(power, self._filters)  # (batch, frames, num_mels)
        levels = ops.log10(ops.maximum(bands, 1e-10))
        loudest = ops.max(levels, axis=(1, 2), keepdims=True)
        return (ops.maximum(levels, loudest - _RANGE) + 4) / 4

    def compute_output_shape(self, input_shape: Shapes) -> tuple[int | None, ...]:
        """Return `(batch, frames, num_mels)`."""
        return (input_shape[0], self.frames, self.num_mels)

    def compute_output_spec(self, samples: Tensor) -> keras.KerasTensor:
        """Return float32, whatever the layer computes in."""
        return keras.KerasTensor(self.compute_output_shape(samples.shape), "float32")

    def get_config(self) -> dict[str, Any]:
        """Return every argument."""
        return {**super().get_config(), "num_mels": self.num_mels, "frames": self.frames}
