"""Encoded bytes to pixels: JPEG, PNG, GIF, BMP and WebP, cropped and resized."""

import tensorflow as tf

from keras_multimodal.data.image.crop import corner, cut
from keras_multimodal.data.image.header import check_size, check_still, claimed_size, has_16_bits
from keras_multimodal.data.image.orientation import (
    is_turned,
    jpeg_orientation,
    other_orientation,
    turn,
)
from keras_multimodal.schema import Image

# Pillow's weights for red, green and blue, in 1/65536. They add up to one, so grey stays grey.
_LUMA = (19595, 38470, 7471)


def decode_image(
    contents: tf.Tensor,
    spec: Image,
    place: tuple[tf.Tensor, tf.Tensor] | None = None,
    jpeg: bool = False,
) -> tf.Tensor:
    """Decode one picture and bring it to the size and channels of `spec`.

    Reads JPEG, PNG, BMP, WebP and the first frame of a GIF. Animated WebPs are refused:
    TensorFlow 2.21 overruns its memory over them. Transparency shows `spec.background`,
    unless the picture is wanted with its alpha channel. Sixteen-bit PNGs lose their low byte,
    unless `spec.bits` is 16. With `spec.exif_orientation`, JPEG, PNG and WebP are turned as EXIF
    says before anything is cut out or resized.

    Args:
        contents: The file's bytes, a scalar string.
        spec: The picture's description.
        place: Where to cut the target out, as two scalars in [0, 1), from top to bottom and from
            left to right of all the places there are; the centre by default. Only where
            `spec.crop` is set.
        jpeg: Whether nothing but JPEG comes, which spares the graph a branch, and a tenth of the
            time.

    Returns:
        `(height, width, channels)` uint8, or uint16 where `spec.bits` is 16.

    Raises:
        tf.errors.InvalidArgumentError: If the bytes are no picture, or claim more than
            `spec.max_pixels`.
    """
    if jpeg:
        pixels = _decode_jpeg(contents, spec, place)
    else:
        pixels = tf.cond(
            tf.io.is_jpeg(contents),
            lambda: _decode_jpeg(contents, spec, place),
            lambda: _decode_other(contents, spec, place),
        )
    pixels.set_shape([None, None, spec.channels])
    if spec.crop:
        pixels.set_shape((spec.height, spec.width, spec.channels))
        return pixels
    if spec.keep_aspect_ratio:
        pixels = _crop_to_proportions(pixels, spec)
    size = tf.constant([spec.height, spec.width])
    pixels = tf.cond(
        tf.reduce_all(tf.shape(pixels)[:2] == size), lambda: pixels, lambda: _resize(pixels, spec)
    )
    pixels.set_shape((spec.height, spec.width, spec.channels))
    return pixels


def _decode_jpeg(
    contents: tf.Tensor, spec: Image, place: tuple[tf.Tensor, tf.Tensor] | None
) -> tf.Tensor:
    size = tf.io.extract_jpeg_shape(contents)[:2]
    with tf.control_dependencies(check_size(size[0], size[1], spec.max_pixels)):
        contents = tf.identity(contents)
    orientation = jpeg_orientation(contents) if spec.exif_orientation else None
    # The accurate transform costs the same here and gives Pillow's pixels; TensorFlow's default,
    # the fast one, is off by several grey levels.
    options = {"channels": min(spec.channels, 3), "dct_method": "INTEGER_ACCURATE"}

    def decode(ratio: int) -> tf.Tensor:
        pixels = tf.io.decode_jpeg(contents, ratio=ratio, **options)
        return pixels if orientation is None else turn(pixels, orientation)

    if spec.crop:
        target = tf.constant([spec.height, spec.width])
        as_stored = tf.reduce_all(size >= target)
        if orientation is not None:
            as_stored &= tf.equal(orientation, 1)
        pixels = tf.cond(
            as_stored,
            # Decodes the rows and columns of blocks that the target touches.
            lambda: tf.io.decode_and_crop_jpeg(
                contents, tf.concat([corner(size, spec, place), target], 0), **options
            ),
            lambda: cut(decode(1), spec, place),
        )
    elif spec.scaled_decoding:
        if orientation is not None:
            size = tf.where(is_turned(orientation), size[::-1], size)
        smallest = tf.reduce_min(size // [spec.height, spec.width])
        # 1, 2, 4 or 8: the decoder leaves out so much of each 8x8 block's frequencies.
        step = tf.reduce_sum(tf.cast(smallest >= tf.constant([2, 4, 8]), tf.int32))
        pixels = tf.switch_case(step, [lambda ratio=ratio: decode(ratio) for ratio in (1, 2, 4, 8)])
    else:
        pixels = decode(1)
    if spec.channels == 4:
        opaque = tf.fill(tf.shape(pixels[..., :1]), tf.constant(255, tf.uint8))
        pixels = tf.concat([pixels, opaque], -1)
    return tf.cast(pixels, tf.uint16) if spec.bits == 16 else pixels


def _decode_other(
    contents: tf.Tensor, spec: Image, place: tuple[tf.Tensor, tf.Tensor] | None
) -> tf.Tensor:
    height, width = claimed_size(contents)
    checks = [*check_size(height, width, spec.max_pixels), *check_still(contents)]
    with tf.control_dependencies(checks):
        contents = tf.identity(contents)
    if spec.bits == 16:
        pixels = tf.cond(
            has_16_bits(contents),
            lambda: tf.io.decode_png(contents, channels=1, dtype=tf.uint16),
            lambda: tf.cast(_decode_8_bits(contents, spec), tf.uint16),
        )
    else:
        pixels = _decode_8_bits(contents, spec)
    if spec.exif_orientation:
        pixels = turn(pixels, other_orientation(contents))
    return cut(pixels, spec, place) if spec.crop else pixels


def _decode_8_bits(contents: tf.Tensor, spec: Image) -> tf.Tensor:
    pixels = tf.io.decode_image(contents, channels=0, expand_animations=False)
    return _match_channels(pixels, spec)


def _match_channels(pixels: tf.Tensor, spec: Image) -> tf.Tensor:
    """Bring grey, RGB, and either with alpha, to `spec.channels`."""
    pixels.set_shape([None, None, None])
    shape = tf.shape(pixels)
    has_alpha = shape[-1] % 2 == 0
    alpha = tf.cond(
        has_alpha,
        lambda: pixels[..., -1:],
        lambda: tf.fill(tf.concat([shape[:2], [1]], 0), tf.constant(255, tf.uint8)),
    )
    color = tf.cond(has_alpha, lambda: pixels[..., :-1], lambda: pixels)
    color = tf.broadcast_to(color, tf.concat([shape[:2], [3]], 0))
    if spec.channels == 4:
        return tf.concat([color, alpha], -1)
    if spec.background is not None:
        color = tf.cond(has_alpha, lambda: _flatten(color, alpha, spec.background), lambda: color)
    if spec.channels == 3:
        return color
    luma = tf.reduce_sum(tf.cast(color, tf.int32) * _LUMA, -1, keepdims=True)
    return tf.cast((luma + 32768) // 65536, tf.uint8)


def _flatten(color: tf.Tensor, alpha: tf.Tensor, background: int) -> tf.Tensor:
    """Lay `color` over a background; in integers, so that opaque pixels stay as they are."""
    opacity = tf.cast(alpha, tf.int32)
    mixed = tf.cast(color, tf.int32) * opacity + background * (255 - opacity)
    return tf.cast((mixed + 127) // 255, tf.uint8)


def _crop_to_proportions(pixels: tf.Tensor, spec: Image) -> tf.Tensor:
    """Return the largest centred part with the target's proportions, rounded as Keras does."""
    height, width = tf.shape(pixels)[0], tf.shape(pixels)[1]
    crop_height = tf.minimum(height, width * spec.height // spec.width)
    crop_width = tf.minimum(width, height * spec.width // spec.height)
    top, left = (height - crop_height) // 2, (width - crop_width) // 2
    return pixels[top : top + crop_height, left : left + crop_width]


def _resize(pixels: tf.Tensor, spec: Image) -> tf.Tensor:
    if spec.interpolation == "nearest":
        return _resize_nearest(pixels, spec)
    resized = tf.image.resize(
        pixels,
        (spec.height, spec.width),
        method=spec.interpolation,
        antialias=spec.antialias and spec.interpolation != "area",
    )
    if spec.interpolation in ("bilinear", "area"):
        # Means of pixels stay among them, and cutting a positive number off is rounding it down.
        return tf.cast(resized + 0.5, pixels.dtype)
    return tf.saturate_cast(tf.floor(resized + 0.5), pixels.dtype)


def _resize_nearest(pixels: tf.Tensor, spec: Image) -> tf.Tensor:
    """Take each target pixel's nearest source pixel, as Pillow does; faster than TensorFlow's."""
    height, width = tf.shape(pixels)[0], tf.shape(pixels)[1]
    rows, columns = _nearest(height, spec.height), _nearest(width, spec.width)
    places = rows[:, None] * width + columns[None, :]  # (height, width)
    return tf.gather(tf.reshape(pixels, (-1, spec.channels)), places)


def _nearest(size: tf.Tensor, target: int) -> tf.Tensor:
    """Return the source index of each of `target` places.

    Pillow steps along with a running sum, whose rounding decides between two equally near pixels.
    """
    step = tf.cast(size, tf.float64) / target
    steps = tf.concat([[step / 2], tf.fill([target - 1], step)], 0)
    return tf.minimum(tf.cast(tf.cumsum(steps), tf.int32), size - 1)
