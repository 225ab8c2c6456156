"""Series of measurements: values on a grid, with gaps, to standardised tensors and masks.

The one implementation. The pipeline calls it on each batch; the exported model on what it is sent.
"""

from collections.abc import Mapping

import tensorflow as tf

from keras_multimodal.data.column.registry import register_transform
from keras_multimodal.data.column.scaling import smooth_clip, standardize
from keras_multimodal.data.column.status import FAR, HUGE, Status, code, worst
from keras_multimodal.data.column.transform import HOW_TO_LEARN, Transform
from keras_multimodal.schema import Sensor

_NAN = float("nan")


@register_transform("sensor")
class SensorTransform(Transform[Sensor]):
    """Turns `(time, channels)` numbers with NaN at gaps into `(length, channels)` and a mask.

    The exported model takes `(batch, time, channels)` float32, or float64 if the description says
    so, NaN where nothing was measured and behind the end of a series; infinite values count as
    missing. A row without a value among its first `length` steps lacks the series.

    Raises:
        ValueError: If the description lacks the statistics that it is to standardise with.
    """

    def __init__(self, spec: Sensor) -> None:
        super().__init__(spec)
        if spec.standardize and not spec.mean:
            raise ValueError(
                f"Sensor {spec.name!r} has no statistics yet. Learn them on the training rows: "
                f"{HOW_TO_LEARN}"
            )
        self._raw_dtype = tf.float64 if spec.float64 else tf.float32

    def raw_signature(self) -> dict[str, tf.TensorSpec]:
        """Return `(batch, time, channels)` of floats."""
        shape = [None, None, len(self.spec.channels)]
        return {self.spec.name: tf.TensorSpec(shape, self._raw_dtype, name=self.spec.inner_name)}

    def raw_present(self, raw: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return whether a row has any finite value in what is kept of it."""
        steps = raw[self.spec.name][:, : self.spec.length]
        return tf.reduce_any(tf.math.is_finite(steps), axis=[1, 2])

    def load(self, cell: tf.Tensor) -> tf.Tensor:
        """Return one series, cut or padded with NaN to `(length, channels)`."""
        return self.load_batch({self.spec.name: cell[None]})[0]

    def blank(self) -> tf.Tensor:
        """Return NaN."""
        nothing = tf.constant(_NAN, self._raw_dtype)
        return tf.fill((self.spec.length, len(self.spec.channels)), nothing)

    def load_batch(self, raw: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return a batch of series, cut or padded with NaN to `(batch, length, channels)`."""
        values = tf.cast(raw[self.spec.name], self._raw_dtype)[:, : self.spec.length]
        lacking = self.spec.length - tf.shape(values)[1]
        values = tf.pad(values, [[0, 0], [0, lacking], [0, 0]], constant_values=_NAN)
        return tf.ensure_shape(values, (None, self.spec.length, len(self.spec.channels)))

    def finish(self, loaded: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return standardised values, 0 where there is none, and which steps have any."""
        spec = self.spec
        valid = tf.math.is_finite(loaded)  # (batch, length, channels)
        bound = None if spec.clip is None else spec.clip if spec.standardize else HUGE
        values = tf.where(valid, smooth_clip(self._scaled(loaded), bound), 0.0)
        if spec.indicators:
            values = tf.concat([values, tf.cast(valid, tf.float32)], -1)
        return {spec.inner_name: values, spec.mask_name: tf.reduce_any(valid, -1)}

    def judge_batch(
        self, raw: Mapping[str, tf.Tensor], tensors: Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        """Return whether a value before the last step is missing, or any is huge or infinite."""
        steps = raw[self.spec.name][:, : self.spec.length]
        there = tf.math.is_finite(steps)
        # Behind the last step are those that make up the length of the longest series.
        measured = tf.cumsum(tf.cast(tf.reduce_any(there, 2), tf.int32), 1, reverse=True) > 0
        lacking = measured[..., None] & tf.logical_not(there)
        far = tf.abs(self._scaled(steps)) >= (FAR if self.spec.standardize else HUGE)
        return worst(
            code(tf.reduce_any(lacking, [1, 2]), Status.PARTLY_ABSENT),
            code(tf.reduce_any(far, [1, 2]), Status.HUGE),
            code(tf.reduce_any(tf.math.is_inf(steps), [1, 2]), Status.NOT_FINITE),
        )

    def _scaled(self, values: tf.Tensor) -> tf.Tensor:
        if not self.spec.standardize:
            return values
        return standardize(values, self.spec.mean, self.spec.std)
