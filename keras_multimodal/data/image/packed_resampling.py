"""Moving the pixels of a batch, with a pixel and its neighbours in one place of memory.

`ImageProjectiveTransformV3` works out for each channel of each pixel where it comes from. Here a
pixel's channels are one integer, and it lies beside its three neighbours, so that bilinear
interpolation takes one look-up a pixel: two thirds of the time on a CPU.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from keras_multimodal.data.image.augmentation import (
    ImageAugmentation,
    affine_matrices,
    flipped_matrices,
)

# Pictures at a time: more of them do not fit into a core's cache.
_PART = 16


def make_warp(
    augmentation: ImageAugmentation,
    shape: tuple[int, int, int],
    batch_size: int,
    then: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Return a fast `augmentation.move_pixels`, with flips, for uint8 pictures of 1 to 4 channels.

    Args:
        augmentation: Which random changes are made; it must move pixels.
        shape: Height, width and channels of the pictures.
        batch_size: The largest batch there will be.
        then: What is done next, in the same XLA program: a function of moved pictures, float32, and
            their rows' seeds. No row may depend on another.

    Returns:
        A graph function from pictures `(batch, height, width, channels)` uint8 and their rows'
        seeds, `(batch,)` uint32, to what `then` makes of them.
    """
    height, width, channels = shape
    part = min(_PART, batch_size)
    bilinear = augmentation.interpolation_order == 1

    def prepare(images: tf.Tensor, matrices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Return a pixel or four in each place, and the place that each output pixel needs."""
        pixels = tf.zeros(images.shape[:3], tf.int32)
        for channel in range(channels):
            levels = tf.cast(images[..., channel], tf.int32)
            pixels = tf.bitwise.bitwise_or(pixels, tf.bitwise.left_shift(levels, 8 * channel))
        x, y = augmentation.places(matrices, height, width)
        if bilinear:
            right = tf.concat([pixels[:, :, 1:], pixels[:, :, -1:]], 2)
            pixels = tf.stack([pixels, right, _below(pixels), _below(right)], -1)
        else:
            x, y = x + 0.5, y + 0.5
        first = tf.range(part)[:, None, None] * (height * width)
        at = first + tf.cast(tf.floor(y), tf.int32) * width + tf.cast(tf.floor(x), tf.int32)
        return tf.reshape(pixels, [part * height * width, -1]), tf.reshape(at, [-1])

    def blend(found: tf.Tensor, at: tf.Tensor, matrices: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        """Return the channels of the pixels that were found, interpolated, and what comes then."""
        found = tf.reshape(found, [part, height, width, -1])

        def channel_of(neighbour: int, channel: int) -> tf.Tensor:
            shifted = tf.bitwise.right_shift(found[..., neighbour], 8 * channel)
            return tf.cast(tf.bitwise.bitwise_and(shifted, 255), tf.float32)

        # From the place that was looked up: worked out again, x may be rounded to its other side.
        at = tf.reshape(at, [part, height, width])
        x, y = augmentation.places(matrices, height, width)
        right = x - tf.cast(at % width, tf.float32)
        down = y - tf.cast(at // width % height, tf.float32)
        moved = []
        for channel in range(channels):
            value = channel_of(0, channel)
            if bilinear:
                upper = value * (1 - right) + channel_of(1, channel) * right
                lower = channel_of(2, channel) * (1 - right) + channel_of(3, channel) * right
                value = upper * (1 - down) + lower * down
            moved.append(value)
        return then(augmentation.fill(tf.stack(moved, -1), matrices), seeds)

    compiled: Any = [tf.function(f, jit_compile=True, autograph=False) for f in (prepare, blend)]

    def move(images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        drawn = augmentation.parameters(seeds, height, width)
        matrices = flipped_matrices(affine_matrices(drawn, height, width), drawn, height, width)
        rows = tf.shape(images)[0]
        lacking = -(-batch_size // part) * part - rows

        def pad(tensor: tf.Tensor) -> tf.Tensor:
            return tf.pad(tensor, [[0, lacking], *([[0, 0]] * (tensor.shape.rank - 1))])

        images, matrices, seeds = pad(images), pad(matrices), pad(seeds)
        parts = []
        for start in range(0, batch_size, part):
            pictures, matrix, seed = (
                tf.ensure_shape(tensor[start : start + part], (part, *tensor.shape[1:]))
                for tensor in (images, matrices, seeds)
            )
            pixels, at = compiled[0](pictures, matrix)
            parts.append(compiled[1](tf.gather(pixels, at), at, matrix, seed))
        return tf.concat(parts, 0)[:rows]

    return move


def _below(pixels: tf.Tensor) -> tf.Tensor:
    return tf.concat([pixels[:, 1:], pixels[:, -1:]], 1)
