"""Random changes to a batch of pictures, all rows at once.

The parameters have the names and meanings of `ImageDataGenerator.get_random_transform`: `theta`
and `shear` in degrees, `tx` and `ty` in pixels, `zx` and `zy` as factors on the coordinates (below
1 magnifies), `channel_shift_intensity` in grey levels, `flip_horizontal`, `flip_vertical`, and
`brightness` as a factor. Each is a `(batch,)`
tensor. As in Keras' `apply_transform`, x runs along the width.
"""

import dataclasses
from collections.abc import Sequence

import tensorflow as tf

from keras_multimodal.data.column.random_numbers import uniform

FILL_MODES = ("constant", "nearest", "reflect", "wrap")
Parameters = dict[str, tf.Tensor]

# Each parameter draws from a slot of its own, so that switching one on leaves the others alone.
_SLOTS = {
    "theta": 0,
    "tx": 1,
    "tx_sign": 2,
    "ty": 3,
    "ty_sign": 4,
    "zx": 5,
    "zy": 6,
    "flip_horizontal": 7,
    "flip_vertical": 8,
    "brightness": 9,
    "shear": 10,
    "channel_shift_intensity": 11,
}

# The place where a picture is cut, from top to bottom and from left to right.
CROP_SLOTS = (12, 13)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageAugmentation:
    """The random changes that are made to pictures, and how far they go.

    Args:
        horizontal_flip: Mirror left and right in half of the rows.
        vertical_flip: Mirror top and bottom in half of the rows.
        width_shift_range: Shift along the width: a float below 1 is a fraction of the width, one
            from 1 up a number of pixels; an integer `n` shifts by whole pixels less than `n`; a
            list holds the shifts to choose from.
        height_shift_range: The same along the height.
        rotation_range: Turn by up to this many degrees either way.
        shear_range: Shear by up to this many degrees either way.
        zoom_range: Lowest and highest factor on the coordinates, drawn for each axis.
        channel_shift_range: Add up to this many grey levels to, or take them from, every channel;
            the result is cut to the picture's own darkest and brightest value.
        brightness_range: Lowest and highest factor on the pixels, or `None`.
        fill_mode: What lies beyond the edge, one of `FILL_MODES`.
        cval: The pixel value beyond the edge with `fill_mode="constant"`, in [0, 255].
        interpolation_order: 0 for the nearest pixel, 1 for bilinear.

    Example:

    >>> augmentation = ImageAugmentation(horizontal_flip=True, rotation_range=15)
    >>> seeds = tf.constant([3, 5], tf.uint32)
    >>> sorted(augmentation.parameters(seeds, height=72, width=72))
    ['flip_horizontal', 'theta']
    """

    horizontal_flip: bool = False
    vertical_flip: bool = False
    width_shift_range: float | Sequence[float] = 0.0
    height_shift_range: float | Sequence[float] = 0.0
    rotation_range: float = 0.0
    shear_range: float = 0.0
    zoom_range: tuple[float, float] = (1.0, 1.0)
    channel_shift_range: float = 0.0
    brightness_range: tuple[float, float] | None = None
    fill_mode: str = "nearest"
    cval: float = 0.0
    interpolation_order: int = 1

    @property
    def moves_pixels(self) -> bool:
        """True if anything but flips changes where pixels are."""
        return bool(
            self.rotation_range
            or self.width_shift_range
            or self.height_shift_range
            or self.shear_range
            or self.zoom_range != (1.0, 1.0)
        )

    def parameters(self, seeds: tf.Tensor, height: int, width: int) -> Parameters:
        """Draw one set of parameters for each row.

        Args:
            seeds: The rows' seeds, `(batch,)` uint32.
            height: Height of the pictures in pixels.
            width: Width of the pictures in pixels.
        """
        drawn: Parameters = {}
        if self.rotation_range:
            reach = float(self.rotation_range)
            drawn["theta"] = uniform(seeds, _SLOTS["theta"], -reach, reach)
        if self.width_shift_range:
            drawn["tx"] = _draw_shift(seeds, "tx", self.width_shift_range, width)
        if self.height_shift_range:
            drawn["ty"] = _draw_shift(seeds, "ty", self.height_shift_range, height)
        if self.shear_range:
            reach = float(self.shear_range)
            drawn["shear"] = uniform(seeds, _SLOTS["shear"], -reach, reach)
        if self.channel_shift_range:
            name, reach = "channel_shift_intensity", float(self.channel_shift_range)
            drawn[name] = uniform(seeds, _SLOTS[name], -reach, reach)
        if self.zoom_range != (1.0, 1.0):
            drawn["zx"] = uniform(seeds, _SLOTS["zx"], *self.zoom_range)
            drawn["zy"] = uniform(seeds, _SLOTS["zy"], *self.zoom_range)
        if self.horizontal_flip:
            drawn["flip_horizontal"] = uniform(seeds, _SLOTS["flip_horizontal"]) < 0.5
        if self.vertical_flip:
            drawn["flip_vertical"] = uniform(seeds, _SLOTS["flip_vertical"]) < 0.5
        if self.brightness_range is not None:
            drawn["brightness"] = uniform(seeds, _SLOTS["brightness"], *self.brightness_range)
        return drawn

    def move_pixels(self, images: tf.Tensor, parameters: Parameters) -> tf.Tensor:
        """Rotate, shift, shear and zoom, in one resampling.

        XLA has no kernel for it, so this is kept apart from `change_pixels`.

        Args:
            images: `(batch, height, width, channels)`, uint8 or float32.
            parameters: What `parameters` returned.

        Returns:
            The pictures, float32, so that nothing is rounded between two changes.
        """
        if not self.moves_pixels:
            return images
        height, width = images.shape[1], images.shape[2]
        matrices = affine_matrices(parameters, height, width)
        if self.fill_mode == "wrap":
            # TensorFlow's own has the whole picture as its period, and SciPy's a pixel less.
            return _resample(
                images, *self.places(matrices, height, width), self.interpolation_order
            )
        moved = tf.raw_ops.ImageProjectiveTransformV3(
            images=tf.cast(images, tf.float32),
            transforms=matrices,
            output_shape=tf.constant([height, width]),
            fill_value=0.0,
            interpolation="NEAREST" if self.interpolation_order == 0 else "BILINEAR",
            # A constant is laid over the edge's pixels below: TensorFlow would blend the two.
            fill_mode="NEAREST" if self.fill_mode == "constant" else self.fill_mode.upper(),
        )
        return self.fill(moved, matrices)

    def places(self, matrices: tf.Tensor, height: int, width: int) -> tuple[tf.Tensor, tf.Tensor]:
        """Return where each output pixel comes from, beyond the edge as `fill_mode` says.

        Args:
            matrices: What `affine_matrices` returned.
            height: Height of the pictures in pixels.
            width: Width of the pictures in pixels.

        Returns:
            x and y, each `(batch, height, width)` float32, within the picture.
        """
        x, y = _transformed(matrices, height, width)
        return self._within(x, width), self._within(y, height)

    def _within(self, places: tf.Tensor, size: int) -> tf.Tensor:
        if self.fill_mode == "wrap":
            places = _wrap(places, size - 1)
        elif self.fill_mode == "reflect":
            # (d c b a | a b c d | d c b a), about the pixels' outer edges.
            places = tf.math.floormod(places + 0.5, 2.0 * size)
            places = tf.minimum(places, 2.0 * size - places) - 0.5
        return tf.clip_by_value(places, 0.0, size - 1.0)

    def fill(self, moved: tf.Tensor, matrices: tf.Tensor) -> tf.Tensor:
        """Return moved pictures, with `cval` beyond the edge where that is wanted."""
        if self.fill_mode != "constant":
            return moved
        height, width = moved.shape[1], moved.shape[2]
        x, y = _transformed(matrices, height, width)
        inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
        return tf.where(inside[..., None], moved, tf.constant(self.cval, tf.float32))

    def change_pixels(self, images: tf.Tensor, parameters: Parameters) -> tf.Tensor:
        """Shift channels, flip and brighten; elementwise, and many times faster under XLA.

        Args:
            images: `(batch, height, width, channels)`, uint8 or float32.
            parameters: What `parameters` returned.

        Returns:
            The pictures, in the dtype that came unless grey levels are changed.
        """
        if "channel_shift_intensity" in parameters:
            images = tf.cast(images, tf.float32)
            darkest = tf.reduce_min(images, [1, 2, 3], keepdims=True)
            brightest = tf.reduce_max(images, [1, 2, 3], keepdims=True)
            shift = parameters["channel_shift_intensity"][:, None, None, None]
            images = tf.clip_by_value(images + shift, darkest, brightest)
        for name, axis in (("flip_horizontal", 2), ("flip_vertical", 1)):
            if name in parameters:
                images = tf.where(
                    parameters[name][:, None, None, None], tf.reverse(images, [axis]), images
                )
        if "brightness" in parameters:
            brightness = parameters["brightness"][:, None, None, None]
            if images.dtype == tf.uint8:
                return _brighten(tf.cast(images, tf.float32), brightness)
            # As Keras does: pictures that reach beyond [0, 255] are stretched to it, and back.
            images = tf.cast(images, tf.float32)
            darkest = tf.reduce_min(images, [1, 2, 3], keepdims=True)
            brightest = tf.reduce_max(images, [1, 2, 3], keepdims=True)
            beyond = (darkest < 0) | (brightest > 255)
            base = tf.where(beyond, darkest, 0.0)
            reach = tf.where(beyond, tf.maximum(brightest - darkest, 1e-6), 255.0) / 255.0
            stretched = tf.where(beyond, (images - base) / reach, images)
            changed = _brighten(stretched, brightness)
            images = tf.where(beyond, changed * reach + base, changed)
        return images


def _brighten(images: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Brighten as Pillow's ImageEnhance: in whole grey levels, without fractions or alpha."""
    whole = tf.floor(images)
    images = tf.clip_by_value(tf.floor(whole * factor), 0.0, 255.0)
    if images.shape[-1] == 4:
        images = tf.concat([images[..., :3], whole[..., 3:]], -1)
    return images


def affine_matrices(parameters: Parameters, height: int, width: int) -> tf.Tensor:
    """Return where each output pixel comes from: rotation · shift · shear · zoom, about the centre.

    Keras composes the same matrices but takes half the height for the centre's x and half the
    width for its y, so that only square pictures turn about their centre there.

    Args:
        parameters: `theta`, `tx`, `ty`, `shear`, `zx` and `zy`, each `(batch,)` and each optional.
        height: Height of the pictures in pixels.
        width: Width of the pictures in pixels.

    Returns:
        `(batch, 8)` in the order of `ImageProjectiveTransformV3`.
    """
    first = next(iter(parameters.values()))
    zero = tf.zeros(tf.shape(first))
    theta = parameters.get("theta", zero) * (3.141592653589793 / 180)
    cos, sin = tf.cos(theta), tf.sin(theta)
    tx, ty = parameters.get("tx", zero), parameters.get("ty", zero)
    zx, zy = parameters.get("zx", zero + 1), parameters.get("zy", zero + 1)
    shear = parameters.get("shear", zero) * (3.141592653589793 / 180)
    tilt, height_factor = -tf.sin(shear), tf.cos(shear)
    a, b = cos * zx, (cos * tilt - sin * height_factor) * zy
    c, d = sin * zx, (sin * tilt + cos * height_factor) * zy
    center_x, center_y = (width - 1) / 2, (height - 1) / 2
    offset_x = center_x + cos * tx - sin * ty - (a * center_x + b * center_y)
    offset_y = center_y + sin * tx + cos * ty - (c * center_x + d * center_y)
    return tf.stack([a, b, offset_x, c, d, offset_y, zero, zero], axis=1)


def flipped_matrices(
    matrices: tf.Tensor, parameters: Parameters, height: int, width: int
) -> tf.Tensor:
    """Return where each pixel of the flipped output comes from.

    Args:
        matrices: What `affine_matrices` returned.
        parameters: `flip_horizontal` and `flip_vertical`, each `(batch,)` and each optional.
        height: Height of the pictures in pixels.
        width: Width of the pictures in pixels.
    """
    a, b, offset_x, c, d, offset_y, *rest = tf.unstack(matrices, axis=1)
    if "flip_horizontal" in parameters:
        flip = parameters["flip_horizontal"]
        offset_x = tf.where(flip, offset_x + a * (width - 1), offset_x)
        offset_y = tf.where(flip, offset_y + c * (width - 1), offset_y)
        a, c = tf.where(flip, -a, a), tf.where(flip, -c, c)
    if "flip_vertical" in parameters:
        flip = parameters["flip_vertical"]
        offset_x = tf.where(flip, offset_x + b * (height - 1), offset_x)
        offset_y = tf.where(flip, offset_y + d * (height - 1), offset_y)
        b, d = tf.where(flip, -b, b), tf.where(flip, -d, d)
    return tf.stack([a, b, offset_x, c, d, offset_y, *rest], axis=1)


def _resample(images: tf.Tensor, from_x: tf.Tensor, from_y: tf.Tensor, order: int) -> tf.Tensor:
    """Look up the pixels at places within the picture, one by one."""
    height, width = images.shape[1], images.shape[2]
    pixels = tf.cast(images, tf.float32)

    def pick(rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
        rows = tf.clip_by_value(tf.cast(rows, tf.int32), 0, height - 1)
        columns = tf.clip_by_value(tf.cast(columns, tf.int32), 0, width - 1)
        return tf.gather_nd(pixels, tf.stack([rows, columns], -1), batch_dims=1)

    if order == 0:
        return pick(tf.floor(from_y + 0.5), tf.floor(from_x + 0.5))
    top, left = tf.floor(from_y), tf.floor(from_x)
    below, right = (from_y - top)[..., None], (from_x - left)[..., None]
    upper = pick(top, left) * (1 - right) + pick(top, left + 1) * right
    lower = pick(top + 1, left) * (1 - right) + pick(top + 1, left + 1) * right
    return upper * (1 - below) + lower * below


def _wrap(places: tf.Tensor, period: int) -> tf.Tensor:
    """Bring coordinates into [0, period] as SciPy does it."""
    if not period:
        return tf.zeros_like(places)
    below = places + period * (tf.floor(-places / period) + 1)
    above = places - period * tf.floor(places / period)
    return tf.where(places < 0, below, tf.where(places > period, above, places))


def _transformed(matrices: tf.Tensor, height: int, width: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Return where each output pixel comes from, x and y, each `(batch, height, width)`."""
    y = tf.range(height, dtype=tf.float32)[None, :, None]
    x = tf.range(width, dtype=tf.float32)[None, None, :]
    a, b, offset_x, c, d, offset_y = (
        matrices[:, column][:, None, None] for column in range(6)
    )  # each (batch, 1, 1)
    return a * x + b * y + offset_x, c * x + d * y + offset_y


def _draw_shift(
    seeds: tf.Tensor, name: str, shift_range: float | Sequence[float], size: int
) -> tf.Tensor:
    """Return a shift in pixels, drawn as `ImageDataGenerator` draws it."""
    if isinstance(shift_range, float):
        largest = shift_range
        shift = uniform(seeds, _SLOTS[name], -shift_range, shift_range)
    else:
        choices = range(shift_range) if isinstance(shift_range, int) else shift_range
        largest = max(shift_range, 1) if isinstance(shift_range, int) else max(shift_range)
        index = tf.cast(uniform(seeds, _SLOTS[name]) * len(choices), tf.int32)
        sign = tf.where(uniform(seeds, _SLOTS[f"{name}_sign"]) < 0.5, -1.0, 1.0)
        shift = tf.gather(tf.constant(list(choices), tf.float32), index) * sign
    return shift * size if largest < 1 else shift
