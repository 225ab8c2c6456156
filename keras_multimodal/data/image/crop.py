"""Cutting a target out of a picture."""

import tensorflow as tf

from keras_multimodal.schema import Image

Place = tuple[tf.Tensor, tf.Tensor] | None


def corner(size: tf.Tensor, spec: Image, place: Place) -> tf.Tensor:
    """Return the target's top left corner, `(2,)` int32.

    Args:
        size: The picture's height and width, `(2,)` int32, at least the target's.
        spec: The picture's description.
        place: Where, as two scalars in [0, 1); the centre by default.
    """
    spare = size - tf.constant([spec.height, spec.width])
    if place is None:
        return spare // 2
    return tf.cast(tf.stack(place) * tf.cast(spare + 1, tf.float32), tf.int32)


def cut(pixels: tf.Tensor, spec: Image, place: Place) -> tf.Tensor:
    """Return the target out of a decoded picture, which is enlarged first if it is too small.

    Args:
        pixels: `(height, width, channels)`, an integer dtype.
        spec: The picture's description.
        place: Where, as two scalars in [0, 1); the centre by default.
    """
    target = tf.constant([spec.height, spec.width])
    size = tf.shape(pixels)[:2]
    factor = tf.reduce_max(target / size)

    def enlarge() -> tf.Tensor:
        covering = tf.maximum(
            tf.cast(tf.round(factor * tf.cast(size, tf.float64)), tf.int32), target
        )
        larger = tf.image.resize(pixels, covering)
        return tf.cast(larger + 0.5, pixels.dtype)

    pixels = tf.cond(factor > 1, enlarge, lambda: pixels)
    top, left = tf.unstack(corner(tf.shape(pixels)[:2], spec, place))
    return pixels[top : top + spec.height, left : left + spec.width]
