"""Encoded bytes to pixels: JPEG, PNG, GIF, BMP and WebP, cropped and resized."""

from collections.abc import Callable

import tensorflow as tf

from keras_multimodal.data.image.crop import corner, cut
from keras_multimodal.data.image.gif_frames import check_frames
from keras_multimodal.data.image.header import (
    Form,
    check_length,
    check_png,
    check_scans,
    check_size,
    check_still,
    claimed_size,
    claims_alpha,
    has_16_bits,
)
from keras_multimodal.data.image.jpeg_segments import needs_all_coefficients
from keras_multimodal.data.image.orientation import (
    is_turned,
    jpeg_orientation,
    other_orientation,
    png_orientation,
    turn,
)
from keras_multimodal.schema import Image

# Pillow's weights for red, green and blue, in 1/65536. They add up to one, so grey stays grey.
_LUMA = (19595, 38470, 7471)

_PART = 2**20  # pixels that are summed at a time


def check_channels(spec: Image) -> None:
    """Refuse pictures whose channels no file has.

    Args:
        spec: The description of pictures in files.
    """
    if spec.channels not in (1, 3, 4):
        raise ValueError(
            f"`channels` must be 1, 3 or 4 for pictures in files. Received: {spec.name!r} with "
            f"channels={spec.channels}. Others come in arrays: `ImageStream().flow(x)`."
        )


def decode_image(
    contents: tf.Tensor,
    spec: Image,
    place: tuple[tf.Tensor, tf.Tensor] | None = None,
    form: Form | None = None,
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
        form: What all the pictures are, if that is known: it spares the graph what reads others,
            and a tenth of the time.

    Returns:
        `(height, width, channels)` uint8, or uint16 where `spec.bits` is 16.

    Raises:
        tf.errors.InvalidArgumentError: If the bytes are no picture, or claim more than
            `spec.max_pixels`.
    """
    if form == "JPEG":
        pixels = _decode_jpeg(contents, spec, place)
    elif form == "PNG":
        pixels = _decode_png(contents, spec, place)
    else:
        pixels = tf.cond(
            tf.io.is_jpeg(contents),
            lambda: _decode_jpeg(contents, spec, place),
            lambda: _decode_other(contents, spec, place),
        )
    return _fitted(pixels, spec)


def decode_inspected(
    contents: tf.Tensor, orientation: tf.Tensor, heavy: tf.Tensor, spec: Image
) -> tf.Tensor:
    """Decode a picture, as `decode_image` does, of which `inspect_image` found nothing wrong.

    Its graph is small: where a data set runs it for each call of an exported model, that makes it
    anew each time.

    Args:
        contents: The file's bytes, a scalar string.
        orientation: What `inspect_image` found.
        heavy: As well.
        spec: The picture's description.
    """
    turned = orientation if spec.exif_orientation else None

    def jpeg() -> tf.Tensor:
        size = tf.io.extract_jpeg_shape(contents)[:2]
        checks = check_size(size[0], size[1], spec.max_pixels, heavy)
        with tf.control_dependencies([*checks, *check_length(size[0], size[1], contents)]):
            checked = tf.identity(contents)
        return _jpeg_pixels(checked, spec, None, size, turned)

    pixels = tf.cond(
        tf.io.is_jpeg(contents), jpeg, lambda: _other_pixels(contents, spec, None, turned)
    )
    return _fitted(pixels, spec)


def _fitted(pixels: tf.Tensor, spec: Image) -> tf.Tensor:
    """Bring pixels to the size of `spec`."""
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
    large = 3 * tf.cast(size[0], tf.int64) * tf.cast(size[1], tf.int64) > spec.max_pixels
    heavy = tf.cond(large, lambda: needs_all_coefficients(contents), lambda: tf.constant(False))
    checks = check_size(size[0], size[1], spec.max_pixels, heavy | (spec.channels == 4))
    checks += check_length(size[0], size[1], contents)
    with tf.control_dependencies([*checks, *check_scans(contents)]):
        contents = tf.identity(contents)
    orientation = jpeg_orientation(contents) if spec.exif_orientation else None
    return _jpeg_pixels(contents, spec, place, size, orientation)


def _jpeg_pixels(
    contents: tf.Tensor,
    spec: Image,
    place: tuple[tf.Tensor, tf.Tensor] | None,
    size: tf.Tensor,
    orientation: tf.Tensor | None,
) -> tf.Tensor:
    # The accurate transform costs the same here and gives Pillow's pixels; TensorFlow's default,
    # the fast one, is off by several grey levels.
    options = {"channels": min(spec.channels, 3), "dct_method": "INTEGER_ACCURATE"}

    def decode(ratio: int) -> tf.Tensor:
        return tf.io.decode_jpeg(contents, ratio=ratio, **options)

    def upright(pixels: tf.Tensor) -> tf.Tensor:
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
            lambda: cut(upright(decode(1)), spec, place),
        )
    elif spec.scaled_decoding:
        if orientation is not None:
            size = tf.where(is_turned(orientation), size[::-1], size)
        smallest = tf.reduce_min(size // [spec.height, spec.width])
        # 1, 2, 4 or 8: the decoder leaves out so much of each 8x8 block's frequencies.
        step = tf.reduce_sum(tf.cast(smallest >= tf.constant([2, 4, 8]), tf.int32))
        pixels = tf.switch_case(step, [lambda ratio=ratio: decode(ratio) for ratio in (1, 2, 4, 8)])
        pixels = upright(pixels)
    else:
        pixels = upright(decode(1))
    if spec.channels == 4:
        opaque = tf.fill(tf.shape(pixels[..., :1]), tf.constant(255, tf.uint8))
        pixels = tf.concat([pixels, opaque], -1)
    return tf.cast(pixels, tf.uint16) if spec.bits == 16 else pixels


def _decode_png(
    contents: tf.Tensor, spec: Image, place: tuple[tf.Tensor, tf.Tensor] | None
) -> tf.Tensor:
    with tf.control_dependencies(check_png(contents, spec.max_pixels, spec.channels == 4)):
        contents = tf.identity(contents)
    orientation = png_orientation(contents) if spec.exif_orientation else None
    return _other_pixels(contents, spec, place, orientation)


def _decode_other(
    contents: tf.Tensor, spec: Image, place: tuple[tf.Tensor, tf.Tensor] | None
) -> tf.Tensor:
    height, width = claimed_size(contents)
    heavy = claims_alpha(contents) | (spec.channels == 4)
    checks = [*check_size(height, width, spec.max_pixels, heavy), *check_still(contents)]
    checks += check_frames(contents, spec.max_pixels)
    with tf.control_dependencies(checks):
        contents = tf.identity(contents)
    orientation = other_orientation(contents) if spec.exif_orientation else None
    return _other_pixels(contents, spec, place, orientation)


def _other_pixels(
    contents: tf.Tensor,
    spec: Image,
    place: tuple[tf.Tensor, tf.Tensor] | None,
    orientation: tf.Tensor | None,
) -> tf.Tensor:
    if spec.bits == 16:
        pixels = tf.cond(
            has_16_bits(contents),
            lambda: tf.io.decode_png(contents, channels=1, dtype=tf.uint16),
            lambda: tf.cast(_decode_8_bits(contents, spec), tf.uint16),
        )
    else:
        pixels = _decode_8_bits(contents, spec)
    if orientation is not None:
        pixels = turn(pixels, orientation)
    return cut(pixels, spec, place) if spec.crop else pixels


def _decode_8_bits(contents: tf.Tensor, spec: Image) -> tf.Tensor:
    pixels = tf.io.decode_image(contents, channels=0, expand_animations=False)
    return _match_channels(pixels, spec)


def _match_channels(pixels: tf.Tensor, spec: Image) -> tf.Tensor:
    """Bring grey, RGB, and either with alpha, to `spec.channels`."""
    pixels.set_shape([None, None, None])
    shape = tf.shape(pixels)
    has_alpha = shape[-1] % 2 == 0
    # A header does not say that a palette has transparent colours.
    with tf.control_dependencies(check_size(shape[0], shape[1], spec.max_pixels, has_alpha)):
        pixels = tf.identity(pixels)
    if spec.channels == 4:
        return tf.cond(tf.equal(shape[-1], 4), lambda: pixels, lambda: _with_alpha(pixels))
    background = spec.background
    if background is None:
        color = tf.cond(has_alpha, lambda: pixels[..., :-1], lambda: pixels)
    else:
        color = tf.cond(
            has_alpha,
            lambda: _in_parts(pixels, lambda part: _flatten(part, background)),
            lambda: pixels,
        )
    grey = tf.equal(tf.shape(color)[-1], 1)
    if spec.channels == 3:
        return tf.cond(grey, lambda: _repeated(color), lambda: color)
    return tf.cond(grey, lambda: color, lambda: _in_parts(color, _luma))


def _with_alpha(pixels: tf.Tensor) -> tf.Tensor:
    """Return RGBA pixels of grey ones, with alpha or without, or of RGB."""
    has_alpha = tf.equal(tf.shape(pixels)[-1], 2)
    alpha = tf.cond(
        has_alpha,
        lambda: pixels[..., -1:],
        lambda: tf.fill(tf.shape(pixels[..., :1]), tf.constant(255, tf.uint8)),
    )
    color = tf.cond(has_alpha, lambda: pixels[..., :-1], lambda: pixels)
    return tf.concat([_repeated(color), alpha], -1)


def _repeated(color: tf.Tensor) -> tf.Tensor:
    return tf.broadcast_to(color, tf.concat([tf.shape(color)[:2], [3]], 0))


def _luma(color: tf.Tensor) -> tf.Tensor:
    luma = tf.reduce_sum(tf.cast(color, tf.int32) * _LUMA, -1, keepdims=True)
    return tf.cast((luma + 32768) // 65536, tf.uint8)


def _flatten(pixels: tf.Tensor, background: int) -> tf.Tensor:
    """Lay pixels over a background; in integers, so that opaque ones stay as they are."""
    opacity = tf.cast(pixels[..., -1:], tf.int32)
    mixed = tf.cast(pixels[..., :-1], tf.int32) * opacity + background * (255 - opacity)
    return tf.cast((mixed + 127) // 255, tf.uint8)


def _in_parts(pixels: tf.Tensor, change: Callable[[tf.Tensor], tf.Tensor]) -> tf.Tensor:
    """Return what `change` makes of a picture, of a large one some rows at a time.

    Sums of pixels take several times the memory of these.
    """
    height, width = tf.shape(pixels)[0], tf.shape(pixels)[1]
    rows = tf.maximum(_PART // width, 1)

    def step(at: tf.Tensor, parts: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
        return at + rows, parts.write(at // rows, change(pixels[at : at + rows]))

    def by_parts() -> tf.Tensor:
        parts = tf.TensorArray(
            tf.uint8, 0, dynamic_size=True, infer_shape=False, element_shape=[None, None, None]
        )
        start = tf.constant(0)
        _, parts = tf.while_loop(
            lambda at, _: at < height, step, [start, parts], parallel_iterations=1
        )
        return parts.concat()

    return tf.cond(height <= rows, lambda: change(pixels), by_parts)


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
