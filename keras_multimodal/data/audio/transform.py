"""Recordings: the bytes of a WAV file to the samples and the mask that the model sees."""

from collections.abc import Callable

import tensorflow as tf

from keras_multimodal.data.audio.resampling import needed_part, resample, resampled_length
from keras_multimodal.data.audio.wav import WavLayout, check_layout, decode_frames, wav_layout
from keras_multimodal.data.column.registry import register_transform
from keras_multimodal.data.column.transform import Transform
from keras_multimodal.schema import Audio


@register_transform("audio")
class AudioTransform(Transform[Audio]):
    """Decodes, mixes to mono, resamples, crops or pads, normalises."""

    def load(self, cell: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Bring the bytes of a WAV file to `(num_samples,)` float32 and its mask."""
        return self.load_wav(cell, wav_layout(cell))

    def load_wav(self, cell: tf.Tensor, layout: WavLayout) -> tuple[tf.Tensor, tf.Tensor]:
        """Bring the bytes of a WAV file, whose layout is known, to samples and their mask."""
        layout = check_layout(layout, cell)
        return self.arrange(
            layout.count,
            layout.rate,
            lambda first, stop: tf.reduce_mean(decode_frames(cell, layout, first, stop), axis=1),
        )

    def arrange(
        self,
        count: tf.Tensor,
        rate: tf.Tensor,
        read: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Read as much of a recording as is kept, and bring it to `(num_samples,)` and its mask.

        What a header says costs nothing so: of hours a few seconds are decoded, and of a rate of
        3 Hz nothing is resampled that is cut off then.

        Args:
            count: How many frames the recording has.
            rate: Frames a second.
            read: From the first frame and the one behind the last to the samples, mixed to mono;
                fewer where the recording ends before.
        """
        spec, size = self.spec, self.spec.num_samples
        count = tf.cast(count, tf.int64)
        length = resampled_length(count, rate, spec.sample_rate)
        first = (
            tf.maximum(length - size, 0) // 2 if spec.crop == "center" else tf.zeros_like(length)
        )
        stop = tf.minimum(first + size, length)
        begin, end, skipped = needed_part(first, stop, count, rate, spec.sample_rate)
        samples = resample(read(begin, end), rate, spec.sample_rate)
        samples = samples[skipped : skipped + stop - first]
        if spec.normalize is not None:
            samples = tf.math.divide_no_nan(samples, tf.reduce_max(tf.abs(samples)))
        if spec.normalize == "rms":
            # From a peak of 1 on, squares of faint samples don't vanish, and no gain is above 1.
            level = tf.sqrt(tf.reduce_mean(samples**2))
            target = 10 ** (spec.target_level / 20)
            samples *= tf.minimum(tf.math.divide_no_nan(target, level), 1.0)
        samples = tf.clip_by_value(samples, -1.0, 1.0)
        real = tf.shape(samples)[0]
        samples = tf.pad(samples, [[0, size - real]])
        return tf.ensure_shape(samples, [size]), tf.range(size) < real

    def blank(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Return silence, none of it real."""
        return tf.zeros(self.spec.shape), tf.zeros(self.spec.shape, tf.bool)

    def finish(self, loaded: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Return `(batch, num_samples)` samples and mask, by name."""
        return {self.spec.name: loaded[0], self.spec.mask_name: loaded[1]}
