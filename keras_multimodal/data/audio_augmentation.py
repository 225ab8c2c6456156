"""Random changes to a batch of recordings, all rows at once."""

import dataclasses
import math

import tensorflow as tf

from keras_multimodal.data.random_numbers import uniform

# Each change draws from slots of its own.
_SHIFT, _GAIN, _SNR, _MASK_LENGTH, _MASK_START, _NOISE = range(500, 506)


@dataclasses.dataclass(frozen=True, kw_only=True)
class AudioAugmentation:
    """Which random changes are made, and how far they go.

    Spectrograms are masked where they are made: `keras.layers.MelSpectrogram` and SpecAugment
    belong to the encoder.

    Args:
        time_shift: Move the recording by up to this many seconds either way; what is moved out is
            lost, and what comes in is masked.
        gain: Lowest and highest gain in dB, or `None`.
        noise_snr: Lowest and highest signal-to-noise ratio in dB of white noise that is added, over
            the recording's real samples; or `None`.
        time_mask: Silence one stretch of up to this many seconds.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> augmentation = AudioAugmentation(gain=(-6.0, 6.0), noise_snr=(10.0, 30.0))
    >>> samples, mask = tf.zeros((2, 800)), tf.ones((2, 800), tf.bool)
    >>> seeds = tf.constant([1, 2], tf.uint32)
    >>> augmentation.apply(samples, mask, seeds, sample_rate=8_000)[0].shape
    TensorShape([2, 800])
    """

    time_shift: float = 0.0
    gain: tuple[float, float] | None = None
    noise_snr: tuple[float, float] | None = None
    time_mask: float = 0.0

    def __post_init__(self) -> None:
        for field in ("time_shift", "time_mask"):
            if not getattr(self, field) >= 0:
                raise ValueError(
                    f"`{field}` must be at least 0 seconds. "
                    f"Received: {field}={getattr(self, field)}"
                )
        for field in ("gain", "noise_snr"):
            value = getattr(self, field)
            if value is not None and (len(value) != 2 or not value[0] <= value[1]):
                raise ValueError(
                    f"`{field}` must be the lowest and the highest number of dB. "
                    f"Received: {field}={value}"
                )

    def apply(
        self, samples: tf.Tensor, mask: tf.Tensor, seeds: tf.Tensor, sample_rate: int
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Change a batch.

        Args:
            samples: `(batch, samples)` float32 in [-1, 1].
            mask: `(batch, samples)` bool, True where a sample is real.
            seeds: The rows' seeds, `(batch,)` uint32.
            sample_rate: Samples in a second, in Hz.

        Returns:
            Samples, cut to [-1, 1], and mask.
        """
        size = samples.shape[1]
        places = tf.range(size)
        if self.time_shift:
            reach = self.time_shift * sample_rate
            shift = tf.cast(tf.round(uniform(seeds, _SHIFT, -reach, reach)), tf.int32)
            source = places - shift[:, None]  # (batch, samples)
            inside = (source >= 0) & (source < size)
            source = tf.clip_by_value(source, 0, size - 1)
            samples = tf.where(inside, tf.gather(samples, source, batch_dims=1), 0.0)
            mask = inside & tf.gather(mask, source, batch_dims=1)
        if self.gain is not None:
            samples *= _amplitude(uniform(seeds, _GAIN, *self.gain))[:, None]
        if self.noise_snr is not None:
            samples += _noise(samples, mask, seeds, *self.noise_snr)
        if self.time_mask:
            length = uniform(seeds, _MASK_LENGTH, 0.0, self.time_mask * sample_rate)
            start = uniform(seeds, _MASK_START) * tf.maximum(size - length, 0.0)
            at = tf.cast(places, tf.float32)
            silent = (at >= start[:, None]) & (at < (start + length)[:, None])
            samples = tf.where(silent, 0.0, samples)
        return tf.clip_by_value(samples, -1.0, 1.0), mask


def _noise(
    samples: tf.Tensor, mask: tf.Tensor, seeds: tf.Tensor, low: float, high: float
) -> tf.Tensor:
    """White noise at the ratio drawn to each row's own power, where there is a sample."""
    count = tf.reduce_sum(tf.cast(mask, tf.float32), 1)
    power = tf.math.divide_no_nan(tf.reduce_sum(samples**2, 1), count)
    level = tf.sqrt(power) / _amplitude(uniform(seeds, _SNR, low, high))

    def normal(seed: tf.Tensor) -> tf.Tensor:
        # A row's numbers are its own, whatever batch it is in.
        both = tf.stack([tf.bitcast(seed, tf.int32), _NOISE])
        return tf.random.stateless_normal(samples.shape[1:], both)

    noise = tf.map_fn(normal, seeds, fn_output_signature=tf.float32)
    return tf.where(mask, noise * level[:, None], 0.0)


def _amplitude(decibels: tf.Tensor) -> tf.Tensor:
    """The factor on the amplitude that so many dB are."""
    return tf.exp(decibels * (math.log(10) / 20))
