"""Features: what an encoder has made beforehand, to tensors and masks."""

from collections.abc import Mapping

import tensorflow as tf

from keras_multimodal.data.column.registry import register_transform
from keras_multimodal.data.column.scaling import smooth_clip
from keras_multimodal.data.column.status import HUGE, Status, code, worst
from keras_multimodal.data.column.transform import Transform
from keras_multimodal.schema import Features


@register_transform("features")
class FeaturesTransform(Transform[Features]):
    """`(tokens, dim)` float32, NaN where there is no token, to `(length, dim)` and a mask.

    The exported model takes `(batch, tokens, dim)` float32. A row without a token among its first
    `length` lacks the features.
    """

    def raw_signature(self) -> dict[str, tf.TensorSpec]:
        """Return `(batch, tokens, dim)` float32."""
        shape = [None, None, self.spec.dim]
        return {self.spec.name: tf.TensorSpec(shape, tf.float32, name=self.spec.inner_name)}

    def raw_present(self, raw: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return the rows that have any token among those that are used."""
        tokens = raw[self.spec.name][:, : self.spec.length]
        return tf.reduce_any(_there(tokens), axis=1)

    def load(self, cell: tf.Tensor) -> tf.Tensor:
        """Return one row's tokens, cut or padded with NaN to `(length, dim)`."""
        return self.load_batch({self.spec.name: cell[None]})[0]

    def blank(self) -> tf.Tensor:
        """Return NaN."""
        return tf.fill(self.spec.shape, float("nan"))

    def load_batch(self, raw: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Return a batch of tokens, cut or padded with NaN to `(batch, length, dim)`."""
        tokens = raw[self.spec.name][:, : self.spec.length]
        lacking = self.spec.length - tf.shape(tokens)[1]
        tokens = tf.pad(tokens, [[0, 0], [0, lacking], [0, 0]], constant_values=float("nan"))
        return tf.ensure_shape(tokens, (None, *self.spec.shape))

    def finish(self, loaded: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the tokens, 0 where there is none, and which there are."""
        there = _there(loaded)
        tokens = tf.where(there[..., None], smooth_clip(loaded, HUGE), 0.0)
        return {self.spec.inner_name: tokens, self.spec.mask_name: there}

    def judge_batch(
        self, raw: Mapping[str, tf.Tensor], tensors: Mapping[str, tf.Tensor]
    ) -> tf.Tensor:
        """Return whether a token lacks some of its numbers, or any is huge or infinite."""
        tokens = raw[self.spec.name][:, : self.spec.length]
        partly = tf.reduce_any(tf.math.is_finite(tokens), -1) & tf.logical_not(_there(tokens))
        return worst(
            code(tf.reduce_any(partly, 1), Status.PARTLY_ABSENT),
            code(tf.reduce_any(tf.abs(tokens) > HUGE, [1, 2]), Status.HUGE),
            code(tf.reduce_any(tf.math.is_inf(tokens), [1, 2]), Status.NOT_FINITE),
        )


def _there(tokens: tf.Tensor) -> tf.Tensor:
    return tf.reduce_all(tf.math.is_finite(tokens), -1)
