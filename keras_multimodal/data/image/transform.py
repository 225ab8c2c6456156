"""Pictures: encoded bytes to the pixels that the model sees.

The one implementation. The pipeline calls `decode_image` on each row and `normalize_images` on
each batch, with augmentation between them; the exported model calls both on what it is sent.
"""

import base64
import functools

import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.failures import load_what_loads
from keras_multimodal.data.column.registry import register_transform
from keras_multimodal.data.column.status import Status, code, worst
from keras_multimodal.data.column.transform import Transform
from keras_multimodal.data.image.decoding import check_channels, decode_image, decode_inspected
from keras_multimodal.data.image.inspection import inspect_image
from keras_multimodal.schema import Image


@register_transform("image")
class ImageTransform(Transform[Image]):
    """Decodes and normalises pictures, by `decode_image` and `normalize_images`."""

    def load(self, cell: tf.Tensor) -> tf.Tensor:
        """Decode a file's bytes to `(height, width, channels)` uint8."""
        check_channels(self.spec)
        return decode_image(cell, self.spec)

    def load_each(self, cells: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return each picture decoded, and its `Status`; see the base."""
        check_channels(self.spec)
        status, orientation, heavy = tf.map_fn(
            lambda cell: inspect_image(cell, self.spec),
            cells,
            fn_output_signature=(tf.int32, tf.int32, tf.bool),
        )
        wanted = tf.equal(status, Status.FINE.value) & tf.not_equal(cells, "")
        loaded, found = load_what_loads(
            functools.partial(decode_inspected, spec=self.spec),
            [cells, orientation, heavy],
            wanted,
            self.blank(),
        )
        return loaded, worst(status, code(wanted & tf.logical_not(found), Status.DAMAGED))

    def blank(self) -> tf.Tensor:
        """Return zeros."""
        dtype = tf.uint16 if self.spec.bits == 16 else tf.uint8
        return tf.zeros((self.spec.height, self.spec.width, self.spec.channels), dtype)

    def finish(self, loaded: tf.Tensor) -> tf.Tensor:
        """Return `(batch, height, width, channels)` pixels, rescaled and normalised.

        Raises:
            ValueError: If a function of the user's would have to come before that.
        """
        if self.spec.obstacle:
            raise ValueError(f"The description does not hold all of it: {self.spec.obstacle}.")
        return normalize_images(loaded, self.spec)


def normalize_images(batch: tf.Tensor, spec: Image) -> tf.Tensor:
    """Return `(pixel * rescale - mean) / std`, after the picture's own statistics, and whitened.

    Without the picture's own it is written as `(pixel - mean / rescale) * (rescale / std)`: a
    subtraction before a product cannot be fused into one rounding, so the result is the same, bit
    for bit, under XLA and without it.

    Args:
        batch: Pixels in [0, 255], `(batch, height, width, channels)`, of any dtype.
        spec: The picture's description.

    Returns:
        `(batch, *spec.shape)` of `spec.dtype`; for uint8 rounded, and cut to [0, 255].
    """
    if spec.output_dtype == "uint8":
        if batch.dtype != tf.uint8:
            batch = tf.saturate_cast(tf.floor(tf.cast(batch, tf.float32) + 0.5), tf.uint8)
        return _arranged(batch, spec)
    pixels, rescale = tf.cast(batch, tf.float32), spec.rescale
    if spec.samplewise_center or spec.samplewise_std:
        pixels, rescale = _samplewise(pixels * np.float32(rescale), spec), 1.0
    if spec.mean:
        pixels -= np.asarray(spec.mean, "float64").astype("float32") / np.float32(rescale)
    scale = rescale / np.asarray(spec.std or (1.0,), "float64")
    if not np.all(scale == 1.0):
        pixels *= scale.astype("float32")
    if spec.whitening:
        size = spec.height * spec.width * spec.channels
        matrix = np.frombuffer(base64.b64decode(spec.whitening), "<f4").reshape(size, size)
        flat = tf.reshape(pixels, (-1, size)) @ tf.constant(matrix)
        pixels = tf.reshape(flat, (-1, spec.height, spec.width, spec.channels))
    return _arranged(pixels, spec)


def _arranged(pixels: tf.Tensor, spec: Image) -> tf.Tensor:
    return tf.transpose(pixels, (0, 3, 1, 2)) if spec.data_format == "channels_first" else pixels


def _samplewise(pixels: tf.Tensor, spec: Image) -> tf.Tensor:
    """Subtract each picture's own mean, and divide by its deviation; zeros where it has none."""
    if spec.samplewise_center:
        pixels -= tf.reduce_mean(pixels, [1, 2, 3], keepdims=True)
    if spec.samplewise_std:
        deviation = tf.math.reduce_std(pixels, [1, 2, 3], keepdims=True)
        pixels /= deviation + 1e-6
    return pixels
