"""What can be told of a picture before it is decoded, in a graph, without an error."""

import tensorflow as tf

from keras_multimodal.data.column.status import Status, code
from keras_multimodal.data.image.bytes_of_files import part
from keras_multimodal.data.image.gif_frames import has_large_frames
from keras_multimodal.data.image.header import (
    PIXELS_OF_A_BYTE,
    claimed_size,
    claims_alpha,
    has_many_scans,
    is_animated,
    is_too_large,
)
from keras_multimodal.data.image.jpeg_segments import jpeg_size, needs_all_coefficients
from keras_multimodal.data.image.orientation import jpeg_orientation, other_orientation
from keras_multimodal.schema import Image


def inspect_image(contents: tf.Tensor, spec: Image) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return whether `decode_image` refuses a picture, and what `decode_inspected` has to know.

    Args:
        contents: The file's bytes, a scalar string; empty for none.
        spec: The picture's description.

    Returns:
        The picture's `Status`, scalar int32, as far as its header tells; its orientation, 1 to 8;
        and whether its pixels take three times the memory, which is told of JPEGs alone.
    """
    upright, four_channels = tf.constant(1), tf.constant(spec.channels == 4)

    def jpeg() -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        # What is shorter can't be large: the decoder's own size is compared with its bytes.
        length = tf.cast(tf.strings.length(contents), tf.int64)
        heavy, large = tf.cond(
            length * PIXELS_OF_A_BYTE * 3 > spec.max_pixels, sizes, lambda: (four_channels, False)
        )
        orientation = jpeg_orientation(contents) if spec.exif_orientation else upright
        return code(large | has_many_scans(contents), Status.REFUSED), orientation, heavy

    def sizes() -> tuple[tf.Tensor, tf.Tensor]:
        heavy = four_channels | needs_all_coefficients(contents)
        height, width = jpeg_size(contents)
        return heavy, is_too_large(height, width, spec.max_pixels, heavy)

    def other() -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        heavy = four_channels | claims_alpha(contents)
        height, width = claimed_size(contents)
        refused = is_too_large(height, width, spec.max_pixels, heavy)
        refused |= is_animated(contents) | has_large_frames(contents, spec.max_pixels)
        orientation = other_orientation(contents) if spec.exif_orientation else upright
        return code(refused, Status.REFUSED), orientation, heavy

    def unknown() -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        there = tf.not_equal(contents, "")
        return code(there, Status.UNKNOWN_FORMAT), upright, four_channels

    start = part(contents, 0, 4)
    webp = tf.equal(start, b"RIFF") & tf.equal(part(contents, 8, 4), b"WEBP")
    others = tf.equal(start, b"\x89PNG") | tf.equal(start, b"GIF8") | webp
    others |= tf.equal(part(contents, 0, 2), b"BM")
    return tf.case([(tf.io.is_jpeg(contents), jpeg), (others, other)], default=unknown)
