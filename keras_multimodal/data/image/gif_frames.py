"""The frames of a GIF, counted in a graph."""

import tensorflow as tf

from keras_multimodal.data.image.bytes_of_files import traced_once

_RATIO = 2730  # pixels that a byte can stand for, at most: 4096 to each code of 12 bits
_MOST = 2**17  # blocks of up to 255 bytes that there may be


def check_frames(contents: tf.Tensor, max_pixels: int) -> list[tf.Operation]:
    """Refuse a GIF whose frames would be too big in memory together.

    Args:
        contents: The file's bytes, a scalar string.
        max_pixels: How many pixels there may be.

    Returns:
        What has to be waited for; nothing outside a graph, where the check has been made.
    """
    check = tf.debugging.Assert(
        tf.logical_not(has_large_frames(contents, max_pixels)),
        [
            f"The frames of the GIF have more than max_pixels={max_pixels} pixels, or more than "
            f"{_MOST} blocks."
        ],
    )
    return [] if check is None else [check]


def has_large_frames(contents: tf.Tensor, max_pixels: int) -> tf.Tensor:
    """Return whether `check_frames` refuses a picture, a scalar bool; see there."""
    return tf.cond(
        tf.equal(tf.strings.substr(contents, 0, 4), b"GIF8"),
        lambda: gif_pixels(contents, max_pixels, _MOST) > max_pixels,
        lambda: tf.constant(False),
    )


@traced_once
def gif_pixels(contents: tf.Tensor, max_pixels: int, max_blocks: int) -> tf.Tensor:
    """Return the pixels of all frames together, a scalar int64.

    It is 0 where there cannot be many, and too many where there are too many blocks to look at.
    TensorFlow reads all of them, whatever the size that the file's header claims.

    Args:
        contents: The file's bytes, a scalar string.
        max_pixels: How many are many.
        max_blocks: How many blocks are looked at.
    """
    size = tf.strings.length(contents)
    # No slice ends behind it.
    content = tf.io.decode_raw(tf.strings.join([contents, "\0" * 1024]), tf.uint8)

    def colors(flags: tf.Tensor) -> tf.Tensor:
        """Return the bytes of the table of colours that some flags tell of."""
        return tf.where(flags >= 128, 3 * tf.bitwise.left_shift(2, flags % 8), 0)

    def step(
        at: tf.Tensor, inside: tf.Tensor, pixels: tf.Tensor, count: tf.Tensor
    ) -> list[tf.Tensor]:
        head = tf.cast(content[at : at + 10], tf.int32)
        frame = tf.equal(head[0], 0x2C) & tf.logical_not(inside)
        area = tf.cast(head[5] + head[6] * 256, tf.int64) * tf.cast(
            head[7] + head[8] * 256, tf.int64
        )
        # Behind a frame's colours and a byte come blocks, as in an extension behind its label.
        skipped = tf.where(frame, 11 + colors(head[9]), 2)
        return [
            at + tf.where(inside, 1 + head[0], skipped),
            tf.logical_not(inside) | (head[0] > 0),
            pixels + tf.where(frame, area, 0),
            count + 1,
        ]

    def goes_on(at: tf.Tensor, inside: tf.Tensor, pixels: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
        kind = content[at]
        known = inside | tf.equal(kind, 0x21) | tf.equal(kind, 0x2C)
        return known & (at < size) & (pixels <= max_pixels) & (count < max_blocks)

    def walk() -> tf.Tensor:
        start = 13 + colors(tf.cast(content[10], tf.int32))
        state = [start, tf.constant(False), tf.constant(0, tf.int64), tf.constant(0, tf.int64)]
        _, _, pixels, count = tf.while_loop(goes_on, step, state)
        # What nobody has looked at may be large.
        return tf.where(count < max_blocks, pixels, tf.maximum(pixels, max_pixels + 1))

    small = tf.cast(size, tf.int64) * _RATIO <= max_pixels
    return tf.cond(small, lambda: tf.constant(0, tf.int64), walk)
