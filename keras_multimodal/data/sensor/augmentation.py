"""Random changes to a batch of series, all rows at once."""

import dataclasses
import math

import tensorflow as tf

from keras_multimodal.data.column.random_numbers import uniform

# Each change draws from slots of its own; the noise takes as many as there are values.
_SCALING, _WARP, _DROP, _NOISE = 200, 300, 400, 1000


@dataclasses.dataclass(frozen=True, kw_only=True)
class SensorAugmentation:
    """The random changes that are made to series, and how far they go.

    Args:
        jitter: Standard deviation of the noise added to each value, in standard deviations of its
            channel (in its unit where those aren't learned).
        scaling: Each channel is multiplied by a factor of up to this much more or less than 1, in
            [0, 1).
        time_warp: How far a step may be moved, as a share of the length, in [0, 0.3). The ends
            stay, and steps never overtake each other; values in between are interpolated.
        channel_drop: Probability of taking a channel away from a row, in [0, 1). At least one
            stays.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> augmentation = SensorAugmentation(jitter=0.1, channel_drop=0.2)
    >>> seeds = tf.constant([1, 2], tf.uint32)
    >>> augmentation.apply(tf.zeros((2, 50, 3)), seeds, std=(1.0, 1.0, 1.0)).shape
    TensorShape([2, 50, 3])

    Reference:
        Um et al., "Data Augmentation of Wearable Sensor Data for Parkinson's Disease Monitoring
        using Convolutional Neural Networks", 2017, section 3.2. The warp here is one half-wave.
    """

    jitter: float = 0.0
    scaling: float = 0.0
    time_warp: float = 0.0
    channel_drop: float = 0.0

    def __post_init__(self) -> None:
        if not self.jitter >= 0:
            raise ValueError(f"`jitter` must be at least 0. Received: jitter={self.jitter}")
        for field, limit in (("scaling", 1), ("time_warp", 0.3), ("channel_drop", 1)):
            if not 0 <= getattr(self, field) < limit:
                raise ValueError(
                    f"`{field}` must be in [0, {limit}). Received: {field}={getattr(self, field)}"
                )

    def apply(self, values: tf.Tensor, seeds: tf.Tensor, std: tuple[float, ...]) -> tf.Tensor:
        """Change a batch.

        Args:
            values: `(batch, length, channels)` floats, NaN where there is none.
            seeds: The rows' seeds, `(batch,)` uint32.
            std: The channels' standard deviations.
        """
        _, length, channels = values.shape
        if self.time_warp:
            values = self._warp(values, seeds)
        if self.scaling:
            slots = range(_SCALING, _SCALING + channels)
            factors = uniform(seeds, slots, 1 - self.scaling, 1 + self.scaling)
            values *= tf.cast(factors[:, None], values.dtype)
        if self.jitter:
            draws = uniform(seeds, range(_NOISE, _NOISE + 2 * length * channels))
            first, second = tf.split(draws, 2, axis=1)
            # Box and Muller, 1958: two uniform numbers make a normal one.
            noise = tf.sqrt(-2 * tf.math.log1p(-first)) * tf.cos(2 * math.pi * second)
            noise = tf.reshape(noise, (-1, length, channels))
            values += tf.cast(noise * (self.jitter * tf.constant(std)), values.dtype)
        if self.channel_drop:
            draws = uniform(seeds, range(_DROP, _DROP + channels))
            highest = tf.reduce_max(draws, axis=1, keepdims=True)
            stays = draws >= tf.minimum(highest, self.channel_drop)
            values = tf.where(stays[:, None], values, tf.constant(float("nan"), values.dtype))
        return values

    def _warp(self, values: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        length = values.shape[1]
        steps = tf.range(length, dtype=tf.float32)
        reach = self.time_warp * (length - 1)
        moved = uniform(seeds, _WARP, -reach, reach)[:, None]
        places = steps + moved * tf.sin(math.pi * steps / max(length - 1, 1))  # (batch, length)
        places = tf.clip_by_value(places, 0.0, length - 1.0)
        below = tf.floor(places)
        share = tf.cast(places - below, values.dtype)[..., None]
        first = tf.gather(values, tf.cast(below, tf.int32), batch_dims=1)
        second = tf.gather(values, tf.cast(tf.math.ceil(places), tf.int32), batch_dims=1)
        # Beside a gap the nearer neighbour stands alone: it mustn't grow by what lies next to it.
        mixed = first + share * (second - first)
        nearer = tf.where(share < 0.5, first, second)
        return tf.where(tf.math.is_nan(mixed), nearer, mixed)
