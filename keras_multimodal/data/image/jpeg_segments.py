"""The segments of a JPEG, found in a graph."""

from collections.abc import Callable

import tensorflow as tf

from keras_multimodal.data.image.bytes_of_files import byte_values, number, traced_once

_MOST = 256  # segments before the pixels


def find_segment(contents: tf.Tensor, is_wanted: Callable[[tf.Tensor], tf.Tensor]) -> tf.Tensor:
    """Return the place of a JPEG's first segment of a kind, a scalar int32.

    It goes from segment to segment: bytes of a thumbnail may look like segments of the picture.

    Args:
        contents: The file's bytes, a scalar string.
        is_wanted: From a segment's place to whether it is of that kind. It has to be asked again of
            what is returned: where there is none, that is where the pixels begin, or the end.
    """

    def goes_on(at: tf.Tensor, count: tf.Tensor) -> tf.Tensor:
        marker = number(contents, at, 2, big=True)
        # From 0xFFDA on come the pixels.
        there = (marker >= 0xFFC0) & tf.not_equal(marker, 0xFFDA) & (count < _MOST)
        return there & tf.logical_not(is_wanted(at))

    at, _ = tf.while_loop(
        goes_on,
        lambda at, count: [at + 2 + number(contents, at + 2, 2, big=True), count + 1],
        [tf.constant(2), tf.constant(0)],
    )
    return tf.ensure_shape(at, [])


@traced_once
def needs_all_coefficients(contents: tf.Tensor) -> tf.Tensor:
    """Return whether a JPEG comes in several passes over its pixels, a scalar bool.

    It then takes three times the memory of its pixels. What has no frame counts too.

    Args:
        contents: The file's bytes, a scalar string.
    """
    frame = find_segment(contents, lambda at: _is_frame(contents, at))
    scan = find_segment(contents, lambda at: tf.constant(False))
    progressive = number(contents, frame, 2, big=True) % 4 == 2
    channels, in_first_pass = (
        byte_values(contents, frame + 9, 1),
        byte_values(contents, scan + 4, 1),
    )
    return (
        progressive
        | tf.logical_not(_is_frame(contents, frame))
        | tf.reduce_any(in_first_pass < channels)
    )


@traced_once
def jpeg_size(contents: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the height and width that a JPEG claims; zeros where it has no frame.

    `tf.io.extract_jpeg_shape` raises an error where a JPEG is broken.

    Args:
        contents: The file's bytes, a scalar string.

    Returns:
        Two int64 scalars.
    """
    frame = find_segment(contents, lambda at: _is_frame(contents, at))
    sizes = [number(contents, frame + place, 2, big=True) for place in (5, 7)]
    height, width = (tf.where(_is_frame(contents, frame), size, 0) for size in sizes)
    return tf.cast(height, tf.int64), tf.cast(width, tf.int64)


def _is_frame(contents: tf.Tensor, at: tf.Tensor) -> tf.Tensor:
    marker = number(contents, at, 2, big=True)
    tables = tf.reduce_any(tf.equal(marker, [0xFFC4, 0xFFC8, 0xFFCC]))
    return (marker >= 0xFFC0) & (marker <= 0xFFCF) & tf.logical_not(tables)
