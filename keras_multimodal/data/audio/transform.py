"""Recordings: the bytes of a WAV file to the samples and the mask that the model sees."""

from collections.abc import Callable

import tensorflow as tf

from keras_multimodal.data.audio.resampling import needed_part, resample, resampled_length
from keras_multimodal.data.audio.wav import (
    WavLayout,
    check_layout,
    decode_frames,
    is_sound,
    layout_status,
    stored_frames,
    wav_layout,
)
from keras_multimodal.data.column.registry import register_transform
from keras_multimodal.data.column.status import Status, code, worst
from keras_multimodal.data.column.transform import Transform
from keras_multimodal.schema import Audio

# A recording with a smaller share of the model's samples a second has lost most of what it hears.
_LOW_RATE = 1 / 16


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

    def load_each(self, cells: tf.Tensor) -> tuple[tuple[tf.Tensor, tf.Tensor], tf.Tensor]:
        """Return each recording's samples and mask, and its `Status`; see the base.

        Nothing that reads a WAV file raises an error by itself.
        """
        blank = (self.blank(), tf.constant(Status.FINE.value))
        signature = tf.nest.map_structure(lambda t: tf.TensorSpec(t.shape, t.dtype), blank)

        def load(cell: tf.Tensor) -> tuple[tuple[tf.Tensor, tf.Tensor], tf.Tensor]:
            layout = wav_layout(cell)
            status = layout_status(layout, cell)
            return tf.cond(
                tf.equal(status, Status.FINE.value),
                lambda: self._load_sound(cell, layout),
                lambda: (blank[0], status),
            )

        return tf.map_fn(
            lambda cell: tf.cond(tf.equal(cell, ""), lambda: blank, lambda: load(cell)),
            cells,
            fn_output_signature=signature,
        )

    def _load_sound(
        self, cell: tf.Tensor, layout: WavLayout
    ) -> tuple[tuple[tf.Tensor, tf.Tensor], tf.Tensor]:
        """Return samples and mask of a file whose header is right, and its `Status`."""
        sound = []

        def read(first: tf.Tensor, stop: tf.Tensor) -> tf.Tensor:
            frames = stored_frames(cell, layout, first, stop)
            sound.append(is_sound(frames))
            return tf.where(sound[0], tf.reduce_mean(frames, axis=1), 0.0)

        loaded = self.arrange(layout.count, layout.rate, read)
        low = layout.rate < int(self.spec.sample_rate * _LOW_RATE)
        spoiled = code(tf.logical_not(sound[0]), Status.SPOILED)
        return loaded, worst(code(low, Status.LOW_RATE), spoiled)

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
        return {self.spec.inner_name: loaded[0], self.spec.mask_name: loaded[1]}
