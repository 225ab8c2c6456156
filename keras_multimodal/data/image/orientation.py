"""How a picture has to be turned: what cameras note in EXIF, and who shows it does, in a graph."""

import tensorflow as tf

from keras_multimodal.data.image.bytes_of_files import byte_values, number, part, traced_once
from keras_multimodal.data.image.jpeg_segments import find_segment

_ORIENTATION = 0x112  # the tag
_JPEG_HEAD = 2**17  # bytes; a JPEG has its EXIF within them
_ENTRIES = 1024  # of a directory, at most that many

_AXES = ((0, 1, 2), (1, 0, 2))  # as they are; height and width in each other's place
# By orientation, whether the rows are mirrored then, and the columns.
_MIRRORED = tuple((each in (3, 4, 7, 8), each in (2, 3, 6, 7)) for each in range(9))


@traced_once
def jpeg_orientation(contents: tf.Tensor) -> tf.Tensor:
    """Return the orientation that a JPEG notes, 1 to 8; 1, as it is, where it notes none.

    Args:
        contents: The file's bytes, a scalar string.
    """
    start = tf.strings.substr(contents, 0, _JPEG_HEAD)

    def walk() -> tf.Tensor:
        at = find_segment(start, lambda at: _is_exif(start, at))
        return tf.where(_is_exif(start, at), at + 10, -1)

    # Most files have none, which one search finds out.
    noted = _place(start, b"Exif\0\0") >= 0
    return _tiff_orientation(start, tf.cond(noted, walk, lambda: tf.constant(-1)))


@traced_once
def png_orientation(contents: tf.Tensor) -> tf.Tensor:
    """Return the orientation that a PNG notes, 1 to 8; else 1.

    It may have it behind its pixels.

    Args:
        contents: The file's bytes, a scalar string.
    """
    at = tf.maximum(_place(contents, b"eXIfII*\0"), _place(contents, b"eXIfMM\0*"))
    return _tiff_orientation(contents, tf.where(at >= 0, at + 4, -1))


@traced_once
def other_orientation(contents: tf.Tensor) -> tf.Tensor:
    """Return the orientation that a PNG or a WebP notes, 1 to 8; else 1.

    Both may have it behind their pixels.

    Args:
        contents: The file's bytes, a scalar string.
    """
    png = tf.equal(part(contents, 0, 4), b"\x89PNG")
    webp = tf.equal(part(contents, 8, 4), b"WEBP")
    # In a PNG, eight bytes that no pixels are likely to be compressed to.
    little = _place(contents, tf.where(webp, b"EXIF", b"eXIfII*\0"))
    big = _place(contents, b"eXIfMM\0*")
    at = tf.where(webp, little, tf.maximum(little, big))
    behind = tf.where(tf.equal(part(contents, at + 8, 6), b"Exif\0\0"), 14, 8)
    start = at + tf.where(webp, behind, 4)
    return _tiff_orientation(contents, tf.where((png | webp) & (at >= 0), start, -1))


def is_turned(orientation: tf.Tensor) -> tf.Tensor:
    """Return whether width and height change places, a scalar bool.

    Args:
        orientation: 1 to 8.
    """
    return orientation >= 5


def turn(pixels: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Return a picture as people see it.

    Args:
        pixels: `(height, width, channels)`.
        orientation: 1 to 8.
    """

    def turned() -> tf.Tensor:
        upright = tf.transpose(pixels, tf.gather(_AXES, tf.cast(is_turned(orientation), tf.int32)))
        return tf.reverse(upright, tf.where(tf.gather(_MIRRORED, orientation))[:, 0])

    return tf.cond(orientation > 1, turned, lambda: pixels)


def _is_exif(contents: tf.Tensor, at: tf.Tensor) -> tf.Tensor:
    return tf.equal(part(contents, at, 2), b"\xff\xe1") & tf.equal(
        part(contents, at + 4, 6), b"Exif\0\0"
    )


def _tiff_orientation(contents: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
    """Return the orientation in the first directory of what EXIF is, a small TIFF.

    Args:
        contents: The file's bytes, a scalar string.
        start: The place where it begins; -1 where there is none.
    """
    form = part(contents, start, 4)
    big = tf.equal(form, b"MM\0*")

    def parse() -> tf.Tensor:
        directory = start + number(contents, start + 4, 4, big)
        count = tf.minimum(number(contents, directory, 2, big), _ENTRIES)
        entries = byte_values(contents, directory + 2, 12 * count)
        entries = tf.reshape(entries[: tf.size(entries) // 12 * 12], [-1, 12])
        # The tag, the kind, and the value as a number of 32 and of 16 bits, its lowest byte.
        order = tf.where(big, [1, 0, 3, 2, 11, 9], [0, 1, 2, 3, 8, 8])
        tag, tags, kind, kinds, long, short = tf.unstack(tf.gather(entries, order, axis=1), axis=1)
        # It should be one of 16 bits, which is kind 3; kind 4 is one of 32.
        values = tf.where(tf.equal(kind + 256 * kinds, 4), long, short)
        found = tf.boolean_mask(values, tf.equal(tag + 256 * tags, _ORIENTATION))
        value = tf.reduce_sum(found[:1])
        return tf.where((value >= 1) & (value <= 8), value, 1)

    there = (start >= 0) & (big | tf.equal(form, b"II*\0"))
    return tf.cond(there, parse, lambda: tf.constant(1))


def _place(contents: tf.Tensor, wanted: bytes | tf.Tensor) -> tf.Tensor:
    """Return where bytes are found first, -1 for nowhere, a scalar int32."""
    parts = tf.raw_ops.StringSplitV2(input=[contents], sep=wanted, maxsplit=1).values
    before = tf.reduce_sum(tf.strings.length(parts[:1]))
    return tf.where(tf.size(parts) > 1, before, -1)
