"""How a picture has to be turned: what cameras note in EXIF, and who shows it does, in a graph."""

import tensorflow as tf

from keras_multimodal.data.image.bytes_of_files import byte_values, number, part, traced_once
from keras_multimodal.data.image.jpeg_segments import find_segment

_ORIENTATION = 0x112  # the tag
_JPEG_HEAD = 2**17  # bytes; a JPEG has its EXIF within them
_ENTRIES = 1024  # of a directory, at most that many


@traced_once
def jpeg_orientation(contents: tf.Tensor) -> tf.Tensor:
    """Return the orientation that a JPEG notes, 1 to 8; 1, as it is, where it notes none.

    Args:
        contents: The file's bytes, a scalar string.
    """
    start = tf.strings.substr(contents, 0, _JPEG_HEAD)

    def walk() -> tf.Tensor:
        at = find_segment(start, lambda at: _is_exif(start, at))
        return tf.cond(
            _is_exif(start, at), lambda: _tiff_orientation(start, _int64(at + 10)), _upright
        )

    # Most files have none, which one search finds out.
    return tf.cond(_places(start, b"Exif\0\0") >= 0, walk, _upright)


@traced_once
def other_orientation(contents: tf.Tensor) -> tf.Tensor:
    """Return the orientation that a PNG or a WebP notes, 1 to 8; else 1.

    Both may have it behind their pixels.

    Args:
        contents: The file's bytes, a scalar string.
    """
    png = tf.equal(part(contents, 0, 4), b"\x89PNG")
    webp = tf.equal(part(contents, 8, 4), b"WEBP")

    def of_png() -> tf.Tensor:
        # Eight bytes that no pixels are likely to be compressed to.
        little, big = (_places(contents, b"eXIf" + form) for form in (b"II*\0", b"MM\0*"))
        at = tf.maximum(little, big)
        return tf.cond(at >= 0, lambda: _tiff_orientation(contents, _int64(at + 4)), _upright)

    def of_webp() -> tf.Tensor:
        at = _places(contents, b"EXIF")
        named = tf.equal(part(contents, at + 8, 6), b"Exif\0\0")
        tiff = at + 8 + tf.where(named, 6, 0)
        return tf.cond(at >= 0, lambda: _tiff_orientation(contents, _int64(tiff)), _upright)

    return tf.case([(png, of_png), (webp, of_webp)], default=_upright)


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
        upright = tf.cond(
            is_turned(orientation), lambda: tf.transpose(pixels, (1, 0, 2)), lambda: pixels
        )
        for axis, orientations in ((1, (2, 3, 6, 7)), (0, (3, 4, 7, 8))):
            mirrored = tf.reduce_any(tf.equal(orientation, orientations))
            upright = tf.cond(
                mirrored,
                lambda upright=upright, axis=axis: tf.reverse(upright, [axis]),
                lambda upright=upright: upright,
            )
        return upright

    return tf.cond(orientation > 1, turned, lambda: pixels)


def _is_exif(contents: tf.Tensor, at: tf.Tensor) -> tf.Tensor:
    return tf.equal(part(contents, at, 2), b"\xff\xe1") & tf.equal(
        part(contents, at + 4, 6), b"Exif\0\0"
    )


@traced_once
def _tiff_orientation(contents: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
    """Return the orientation in the first directory of what EXIF is, a small TIFF."""
    start = tf.cast(start, tf.int32)

    def parse(big: bool) -> tf.Tensor:
        directory = start + number(contents, start + 4, 4, big)
        count = tf.minimum(number(contents, directory, 2, big), _ENTRIES)
        entries = byte_values(contents, directory + 2, 12 * count)
        entries = tf.reshape(entries[: tf.size(entries) // 12 * 12], [-1, 12])
        high, low = (0, 1) if big else (1, 0)
        tags = entries[:, high] * 256 + entries[:, low]
        kinds = entries[:, 2 + high] * 256 + entries[:, 2 + low]
        # As a number of 16 bits (3), which is what it should be, or of 32 (4).
        last = 11 if big else 8
        values = tf.where(tf.equal(kinds, 4), entries[:, last], entries[:, 9 if big else 8])
        found = tf.boolean_mask(values, tf.equal(tags, _ORIENTATION))
        value = tf.reduce_sum(found[:1])
        return tf.where((value >= 1) & (value <= 8), value, 1)

    form = part(contents, start, 4)
    return tf.case(
        [
            (tf.equal(form, b"II*\0"), lambda: parse(False)),
            (tf.equal(form, b"MM\0*"), lambda: parse(True)),
        ],
        default=_upright,
    )


def _int64(number: tf.Tensor) -> tf.Tensor:
    return tf.cast(number, tf.int64)


def _upright() -> tf.Tensor:
    return tf.constant(1)


def _places(contents: tf.Tensor, wanted: bytes) -> tf.Tensor:
    """Return where bytes are found first, -1 for nowhere, a scalar int32."""
    parts = tf.raw_ops.StringSplitV2(input=[contents], sep=wanted, maxsplit=1).values
    return tf.cond(tf.size(parts) > 1, lambda: tf.strings.length(parts[0]), lambda: tf.constant(-1))
