"""Random changes to a batch of recordings, all rows at once."""

import dataclasses
import math

import tensorflow as tf

from keras_multimodal.data.audio.time_stretch import time_stretch
from keras_multimodal.data.column.random_numbers import uniform

# Each change draws from slots of its own.
_SHIFT, _GAIN, _SNR, _MASK_LENGTH, _MASK_START, _NOISE = range(500, 506)
_STRETCH, _BAND_WIDTH, _BAND_START = range(506, 509)

_SLOWEST, _FASTEST = 0.1, 10.0  # rates of a stretch
_FRAME = 0.064  # seconds: some periods of a low voice


@dataclasses.dataclass(frozen=True, kw_only=True)
class AudioAugmentation:
    """The random changes that are made to recordings, and how far they go.

    They are made in this order: stretch, shift, gain, noise, masks. What is no sample of the
    recording stays 0 and masked. `frequency_mask` and `time_mask` are the masks of SpecAugment on
    the waveform, one of each: a band of Hz and not of mel channels, silenced to 0 and not to the
    mean. `time_stretch` takes the place of its time warping.

    Args:
        time_stretch: Lowest and highest tempo as a factor, within [0.1, 10], or `None`; the pitch
            stays. A recording made longer is cut at the end; one made shorter is padded and masked,
            even where its file goes on.
        time_shift: Move the recording by up to this many seconds either way; what is moved out is
            lost, and what comes in is masked.
        gain: Lowest and highest gain in dB, or `None`.
        noise_snr: Lowest and highest signal-to-noise ratio in dB of white noise that is added, over
            the recording's real samples; or `None`.
        frequency_mask: Silence one band of up to this many Hz, anywhere below half the sample rate.
        time_mask: Silence one stretch of up to this many seconds, anywhere in the recording; of
            one that is shorter, possibly all. It stays unmasked.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> augmentation = AudioAugmentation(gain=(-6.0, 6.0), noise_snr=(10.0, 30.0))
    >>> samples, mask = tf.zeros((2, 800)), tf.ones((2, 800), tf.bool)
    >>> seeds = tf.constant([1, 2], tf.uint32)
    >>> augmentation.apply(samples, mask, seeds, sample_rate=8_000)[0].shape
    TensorShape([2, 800])

    Reference:
        Park et al., "SpecAugment: A Simple Data Augmentation Method for Automatic Speech
        Recognition", 2019, section 2.
    """

    time_stretch: tuple[float, float] | None = None
    time_shift: float = 0.0
    gain: tuple[float, float] | None = None
    noise_snr: tuple[float, float] | None = None
    frequency_mask: float = 0.0
    time_mask: float = 0.0

    def __post_init__(self) -> None:
        units = {"time_shift": "seconds", "frequency_mask": "Hz", "time_mask": "seconds"}
        for field, unit in units.items():
            if not 0 <= getattr(self, field) < math.inf:
                raise ValueError(
                    f"`{field}` must be a number of at least 0 {unit}. "
                    f"Received: {field}={getattr(self, field)}"
                )
        for field in ("gain", "noise_snr"):
            value = getattr(self, field)
            if value is not None and not _is_range(value, -math.inf, math.inf):
                raise ValueError(
                    f"`{field}` must be the lowest and the highest number of dB. "
                    f"Received: {field}={value}"
                )
        value = self.time_stretch
        if value is not None and not _is_range(value, _SLOWEST, _FASTEST):
            raise ValueError(
                "`time_stretch` must be the lowest and the highest tempo as a factor, within "
                f"[{_SLOWEST:g}, {_FASTEST:g}]. Received: time_stretch={value}"
            )

    def apply(
        self, samples: tf.Tensor, mask: tf.Tensor, seeds: tf.Tensor, sample_rate: int
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Change a batch.

        Args:
            samples: `(batch, samples)` float32 in [-1, 1], 0 where `mask` is False.
            mask: `(batch, samples)` bool, True where a sample is real: one stretch in each row.
            seeds: The rows' seeds, `(batch,)` uint32.
            sample_rate: Samples in a second, in Hz.

        Returns:
            Samples, cut to [-1, 1], and mask.
        """
        size = samples.shape[1]
        places = tf.range(size)
        if self.time_stretch is not None:
            rates = uniform(seeds, _STRETCH, *self.time_stretch)
            samples, mask = time_stretch(samples, mask, rates, _frame_length(sample_rate))
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
        if self.frequency_mask:
            width = uniform(seeds, _BAND_WIDTH, 0.0, min(self.frequency_mask, sample_rate / 2))
            start = uniform(seeds, _BAND_START) * (sample_rate / 2 - width)
            # A filter rings on beyond the recording's end, where there are no samples.
            samples = tf.where(mask, _stop(samples, start, start + width, sample_rate), 0.0)
        if self.time_mask:
            count = tf.reduce_sum(tf.cast(mask, tf.float32), 1)
            first = tf.cast(tf.argmax(mask, 1), tf.float32)
            length = uniform(seeds, _MASK_LENGTH, 0.0, self.time_mask * sample_rate)
            length = tf.minimum(length, count)
            start = first + uniform(seeds, _MASK_START) * (count - length)
            at = tf.cast(places, tf.float32)
            silent = (at >= start[:, None]) & (at < (start + length)[:, None])
            samples = tf.where(silent, 0.0, samples)
        return tf.clip_by_value(samples, -1.0, 1.0), mask


def _is_range(value: object, lowest: float, highest: float) -> bool:
    """Return whether it is two finite numbers in order, neither beyond the limits."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        return False
    return lowest <= value[0] <= value[1] <= highest and math.isfinite(value[1] - value[0])


def _frame_length(sample_rate: int) -> int:
    """Return the samples in a frame of the stretch, a power of 2."""
    return max(2 ** round(math.log2(_FRAME * sample_rate)), 16)


def _stop(samples: tf.Tensor, low: tf.Tensor, high: tf.Tensor, sample_rate: int) -> tf.Tensor:
    """Return each row without its frequencies in `[low, high)`, both `(batch,)` in Hz."""
    size = samples.shape[1]
    hertz = tf.range(size // 2 + 1, dtype=tf.float32) * (sample_rate / size)
    inside = (hertz >= low[:, None]) & (hertz < high[:, None])
    spectrum = tf.signal.rfft(samples)
    return tf.signal.irfft(tf.where(inside, tf.zeros([], spectrum.dtype), spectrum), [size])


def _noise(
    samples: tf.Tensor, mask: tf.Tensor, seeds: tf.Tensor, low: float, high: float
) -> tf.Tensor:
    """Return white noise at the ratio drawn to each row's own power, where there is a sample."""
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
    """Return the factor on the amplitude that so many dB are."""
    return tf.exp(decibels * (math.log(10) / 20))
