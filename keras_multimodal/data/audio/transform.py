"""Recordings: the bytes of a WAV file to the samples and the mask that the model sees."""

import tensorflow as tf

from keras_multimodal.data.audio.resampling import resample
from keras_multimodal.data.audio.wav import decode_wav
from keras_multimodal.data.column.registry import register_transform
from keras_multimodal.data.column.transform import Transform
from keras_multimodal.schema import Audio


@register_transform("audio")
class AudioTransform(Transform[Audio]):
    """Decodes, mixes to mono, resamples, crops or pads, normalises."""

    def load(self, cell: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Bring the bytes of a WAV file to `(num_samples,)` float32 and its mask."""
        return self.arrange(*decode_wav(cell))

    def arrange(self, channels: tf.Tensor, rate: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Bring samples, `(samples, channels)`, to `(num_samples,)` float32 and its mask."""
        spec, size = self.spec, self.spec.num_samples
        samples = resample(tf.reduce_mean(channels, axis=1), rate, spec.sample_rate)
        surplus = tf.maximum(tf.shape(samples)[0] - size, 0)
        start = surplus // 2 if spec.crop == "center" else 0
        samples = samples[start : start + size]
        if spec.normalize is not None:
            samples = tf.math.divide_no_nan(samples, tf.reduce_max(tf.abs(samples)))
        if spec.normalize == "rms":
            # From a peak of 1 on, squares of faint samples don't vanish, and no gain is above 1.
            level = tf.sqrt(tf.reduce_mean(samples**2))
            target = 10 ** (spec.target_level / 20)
            samples *= tf.minimum(tf.math.divide_no_nan(target, level), 1.0)
        samples = tf.clip_by_value(samples, -1.0, 1.0)
        count = tf.shape(samples)[0]
        samples = tf.pad(samples, [[0, size - count]])
        return tf.ensure_shape(samples, [size]), tf.range(size) < count

    def blank(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Return silence, none of it real."""
        return tf.zeros(self.spec.shape), tf.zeros(self.spec.shape, tf.bool)

    def finish(self, loaded: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Return `(batch, num_samples)` samples and mask, by name."""
        return {self.spec.name: loaded[0], self.spec.mask_name: loaded[1]}
