"""What a picture's first bytes say, before anything is decoded."""

import os
from typing import Literal

import tensorflow as tf

from keras_multimodal.data.image.bytes_of_files import part, traced_once

Form = Literal["JPEG", "PNG"]
MAGIC: dict[Form, bytes] = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n"}
_HEADER = 32  # bytes; every format says its size within them
PIXELS_OF_A_BYTE = 512  # of a JPEG, at most: 8 x 8 for each bit
_SCANS = 256  # of a JPEG; progressive ones have a dozen


def check_size(
    height: tf.Tensor, width: tf.Tensor, max_pixels: int, heavy: tf.Tensor | bool = False
) -> list[tf.Operation]:
    """Refuse a picture that would be too big in memory.

    Args:
        height: The height that the file claims.
        width: The width that it claims.
        max_pixels: How many pixels there may be.
        heavy: Whether a pixel takes three times the memory, and counts for three: with an alpha
            channel, since there are both before the picture is laid over its background, or in a
            JPEG of several passes.

    Returns:
        What has to be waited for; nothing outside a graph, where the check has been made.
    """
    check = tf.debugging.Assert(
        tf.logical_not(is_too_large(height, width, max_pixels, heavy)),
        [
            f"The picture has more than max_pixels={max_pixels} pixels, of which transparent ones, "
            "and those of a JPEG of several passes, count for three: height",
            height,
            "width",
            width,
        ],
    )
    return [] if check is None else [check]


def is_too_large(
    height: tf.Tensor, width: tf.Tensor, max_pixels: int, heavy: tf.Tensor | bool
) -> tf.Tensor:
    """Return whether `check_size` refuses a picture, a scalar bool; see there."""
    # No product of what a header may claim is beyond int64 so.
    height, width = (tf.minimum(tf.cast(size, tf.int64), 2**30) for size in (height, width))
    return height * width * tf.where(heavy, tf.constant(3, tf.int64), 1) > max_pixels


def check_length(height: tf.Tensor, width: tf.Tensor, contents: tf.Tensor) -> list[tf.Operation]:
    """Refuse a JPEG whose bytes can't hold so many pixels; the decoder would make them grey.

    Args:
        height: The height that the file claims.
        width: The width that it claims.
        contents: The file's bytes, a scalar string.

    Returns:
        What has to be waited for, as `check_size` does.
    """
    pixels = tf.cast(height, tf.int64) * tf.cast(width, tf.int64)
    length = tf.cast(tf.strings.length(contents), tf.int64)
    check = tf.debugging.Assert(
        pixels <= length * PIXELS_OF_A_BYTE,
        ["The JPEG is too short for the size that it claims: height", height, "width", width],
    )
    return [] if check is None else [check]


def check_png(contents: tf.Tensor, max_pixels: int, with_alpha: bool) -> list[tf.Operation]:
    """Refuse what is no PNG, and one that would be too big in memory.

    Args:
        contents: The file's bytes, a scalar string.
        max_pixels: How many pixels there may be.
        with_alpha: Whether the picture is wanted with an alpha channel.

    Returns:
        What has to be waited for, as `check_size` does.
    """
    is_png = tf.equal(part(contents, 0, 8), MAGIC["PNG"])
    check = tf.debugging.Assert(is_png, ["The file is no PNG, as it was before."])
    size = tf.io.decode_raw(part(contents, 16, 8), tf.int32, little_endian=False, fixed_length=8)
    # A header's numbers have no sign.
    width, height = tf.unstack(tf.bitwise.bitwise_and(tf.cast(size, tf.int64), 2**32 - 1))
    kind = part(contents, 25, 1)  # 4 and 6 have an alpha channel
    heavy = with_alpha | tf.equal(kind, b"\4") | tf.equal(kind, b"\6")
    return [*([] if check is None else [check]), *check_size(height, width, max_pixels, heavy)]


def check_scans(contents: tf.Tensor) -> list[tf.Operation]:
    """Refuse a JPEG that goes over its pixels more often than any encoder does, for hours.

    Args:
        contents: The file's bytes, a scalar string.

    Returns:
        What has to be waited for, as `check_size` does.
    """
    few = tf.logical_not(has_many_scans(contents))
    check = tf.debugging.Assert(few, [f"The picture has more than {_SCANS} scans."])
    return [] if check is None else [check]


def has_many_scans(contents: tf.Tensor) -> tf.Tensor:
    """Return whether `check_scans` refuses a JPEG, a scalar bool."""
    # Among pixels no 0xFF stands before this byte: it begins a scan, of the picture or a thumbnail.
    parts = tf.raw_ops.StringSplitV2(input=[contents], sep=b"\xff\xda", maxsplit=_SCANS + 1).values
    return tf.size(parts) > _SCANS + 1


def check_still(contents: tf.Tensor) -> list[tf.Operation]:
    """Refuse an animated WebP, which TensorFlow 2.21 overruns its memory over.

    Args:
        contents: The file's bytes, a scalar string.

    Returns:
        What has to be waited for, as `check_size` does.
    """
    check = tf.debugging.Assert(
        tf.logical_not(is_animated(contents)),
        ["The picture is an animated WebP, which TensorFlow cannot read; save one of its frames."],
    )
    return [] if check is None else [check]


def is_animated(contents: tf.Tensor) -> tf.Tensor:
    """Return whether `check_still` refuses a WebP, a scalar bool."""
    start = tf.strings.substr(tf.strings.join([contents, "\0" * _HEADER]), 0, _HEADER)
    extended = tf.equal(tf.strings.substr(start, 8, 8), b"WEBPVP8X")
    flags = tf.cast(tf.io.decode_raw(start, tf.uint8)[20], tf.int32)
    return extended & (flags // 2 % 2 == 1)


@traced_once
def claimed_size(contents: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the height and width that a PNG, GIF, BMP or WebP claims; zeros for anything else.

    Args:
        contents: The file's bytes, a scalar string.

    Returns:
        Two int64 scalars.
    """
    start = tf.strings.substr(tf.strings.join([contents, "\0" * _HEADER]), 0, _HEADER)
    header = tf.cast(tf.io.decode_raw(start, tf.uint8), tf.int64)

    def little(at: int, count: int) -> tf.Tensor:
        return tf.reduce_sum(header[at : at + count] * [256**byte for byte in range(count)])

    def big(at: int) -> tf.Tensor:
        return tf.reduce_sum(header[at : at + 4] * [256**byte for byte in (3, 2, 1, 0)])

    def begins(magic: bytes, at: int = 0) -> tf.Tensor:
        return tf.equal(tf.strings.substr(start, at, len(magic)), magic)

    def bmp() -> tuple[tf.Tensor, tf.Tensor]:
        height = little(22, 4)
        # Rows from top to bottom are marked by a negative height.
        return tf.where(height >= 2**31, 2**32 - height, height), little(18, 4)

    def lossless_webp() -> tuple[tf.Tensor, tf.Tensor]:
        bits = little(21, 4)  # 14 for each, less one
        return bits // 2**14 % 2**14 + 1, bits % 2**14 + 1

    zero = tf.constant(0, tf.int64)
    return tf.case(
        [
            (begins(b"\x89PNG"), lambda: (big(20), big(16))),
            (begins(b"GIF8"), lambda: (little(8, 2), little(6, 2))),
            (begins(b"BM"), bmp),
            (begins(b"VP8X", 12), lambda: (little(27, 3) + 1, little(24, 3) + 1)),
            (begins(b"VP8L", 12), lossless_webp),
            (begins(b"VP8 ", 12), lambda: (little(28, 2) % 2**14, little(26, 2) % 2**14)),
        ],
        default=lambda: (zero, zero),
    )


@traced_once
def claims_alpha(contents: tf.Tensor) -> tf.Tensor:
    """Return whether a PNG, BMP or WebP says that it has an alpha channel, a scalar bool.

    Args:
        contents: The file's bytes, a scalar string.
    """
    start = tf.strings.substr(tf.strings.join([contents, "\0" * _HEADER]), 0, _HEADER)
    header = tf.cast(tf.io.decode_raw(start, tf.uint8), tf.int32)

    def begins(magic: bytes, at: int = 0) -> tf.Tensor:
        return tf.equal(tf.strings.substr(start, at, len(magic)), magic)

    png = begins(b"\x89PNG") & ((header[25] == 4) | (header[25] == 6))
    bmp = begins(b"BM") & (header[28] == 32)
    extended = begins(b"VP8X", 12) & (header[20] // 16 % 2 == 1)
    lossless = begins(b"VP8L", 12) & (header[24] // 16 % 2 == 1)
    return png | bmp | extended | lossless


def has_16_bits(contents: tf.Tensor) -> tf.Tensor:
    """Return whether the bytes are those of a grey PNG of 16 bits, a scalar bool."""
    start = tf.strings.substr(tf.strings.join([contents, "\0" * _HEADER]), 0, _HEADER)
    return tf.equal(tf.strings.substr(start, 0, 4), b"\x89PNG") & tf.equal(
        tf.strings.substr(start, 24, 2), b"\x10\x00"
    )


def file_has_16_bits(path: str | os.PathLike[str]) -> bool:
    """Return whether a file is a grey PNG of 16 bits."""
    with open(path, "rb") as file:
        header = file.read(_HEADER)
    return header[:4] == b"\x89PNG" and header[24:26] == b"\x10\x00"
