"""What is done to single pictures and to all of them, in `ImageDataGenerator`'s terms."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.autograph import converted, unconverted
from keras_multimodal.data.column.random_numbers import row_seeds
from keras_multimodal.data.image.augmentation import FILL_MODES, ImageAugmentation
from keras_multimodal.data.image.statistics import ImageStatistics, learn_statistics
from keras_multimodal.data.image.transform import normalize_images
from keras_multimodal.data.image_data_generator.argument_checks import as_shifts, number_pair
from keras_multimodal.data.image_data_generator.defaults import FlowDefaults
from keras_multimodal.data.image_data_generator.flow import ImageFlow
from keras_multimodal.schema import Image
from keras_multimodal.types import Tensor

_CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
_INTERPOLATIONS = {"box": "area", "lanczos": "lanczos3"}

# What `get_random_transform` returns for changes that are switched off.
_NEUTRAL: dict[str, Any] = {
    "theta": 0.0,
    "tx": 0.0,
    "ty": 0.0,
    "shear": 0.0,
    "zx": 1.0,
    "zy": 1.0,
    "flip_horizontal": False,
    "flip_vertical": False,
    "channel_shift_intensity": None,
    "brightness": None,
}


class ImageTransformer:
    """The settings of an `ImageStream`, and what they do to pictures in arrays.

    The arguments are described there.
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: float | Sequence[float] = 0.0,
        height_shift_range: float | Sequence[float] = 0.0,
        brightness_range: Sequence[float] | None = None,
        shear_range: float = 0.0,
        zoom_range: float | Sequence[float] = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[tf.Tensor], tf.Tensor] | None = None,
        data_format: Literal["channels_last", "channels_first"] | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: str | None = None,
        *,
        augment: Any = None,
        random_crop: bool = False,
        max_pixels: int = 178_956_970,
    ) -> None:
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(
                "`validation_split` must be strictly between 0 and 1. "
                f"Received: validation_split={validation_split}"
            )
        if fill_mode not in FILL_MODES:
            raise ValueError(
                f"`fill_mode` must be one of {list(FILL_MODES)}. Received: fill_mode={fill_mode!r}"
            )
        if interpolation_order not in (0, 1):
            raise ValueError(
                "`interpolation_order` must be 0 (nearest) or 1 (bilinear). "
                f"Received: interpolation_order={interpolation_order}"
            )
        if data_format not in (None, "channels_last", "channels_first"):
            raise ValueError(
                "`data_format` must be 'channels_last' or 'channels_first'. "
                f"Received: data_format={data_format!r}"
            )
        if dtype not in (None, "float32", "uint8"):
            raise ValueError(
                f"`dtype` must be None, 'float32' or 'uint8'. Received: dtype={dtype!r}"
            )
        if isinstance(zoom_range, (int, float)):
            zoom_range = (1 - zoom_range, 1 + zoom_range)
        self.rescale = rescale
        self.dtype: Literal["float32", "uint8"] = "uint8" if dtype == "uint8" else "float32"
        self.augment = augment
        self.random_crop = random_crop
        self.max_pixels = max_pixels
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        self.preprocessing_function = preprocessing_function
        self.data_format = data_format or keras.config.image_data_format()
        self.validation_split = validation_split
        self.statistics = ImageStatistics(
            center=featurewise_center or featurewise_std_normalization or zca_whitening,
            # Whitening makes every deviation one by itself.
            std=featurewise_std_normalization and not zca_whitening,
            whitening=zca_whitening,
            epsilon=zca_epsilon,
        )
        self._fitted: Image | None = None
        self.augmentation = ImageAugmentation(
            horizontal_flip=horizontal_flip,
            vertical_flip=vertical_flip,
            width_shift_range=as_shifts(width_shift_range),
            height_shift_range=as_shifts(height_shift_range),
            rotation_range=rotation_range,
            shear_range=shear_range,
            zoom_range=number_pair("zoom_range", zoom_range),
            channel_shift_range=channel_shift_range,
            brightness_range=(
                None
                if brightness_range is None
                else number_pair("brightness_range", brightness_range)
            ),
            fill_mode=fill_mode,
            cval=cval,
            interpolation_order=interpolation_order,
        )

    def get_random_transform(
        self, img_shape: tuple[int, int, int], seed: int | None = None
    ) -> dict[str, Any]:
        """Draw the parameters of a random change.

        Args:
            img_shape: The picture's shape, as `data_format` says.
            seed: Seed of the draw; another one each time by default.

        Returns:
            `theta` and `shear` in degrees, `tx` (along the width) and `ty` in pixels, `zx` and `zy`
            as factors, `flip_horizontal` and `flip_vertical`, and `channel_shift_intensity` and
            `brightness`, which are `None` where they are switched off. Keras' own class draws `tx`
            from `height_shift_range` and applies it to the width; here each goes where it says.
        """
        first = self.data_format == "channels_first"
        height, width = img_shape[1:] if first else img_shape[:2]
        drawn = self.augmentation.parameters(_seeds(seed), height, width)
        values = {name: tensor.numpy()[0].item() for name, tensor in drawn.items()}
        return {**_NEUTRAL, **values}

    def apply_transform(self, x: Tensor, transform_parameters: dict[str, Any]) -> np.ndarray:
        """Change one picture.

        Args:
            x: The picture, of rank 3, in [0, 255].
            transform_parameters: As `get_random_transform` returns them; those that are missing
                change nothing.

        Returns:
            The changed picture, float32.

        Raises:
            ValueError: If `x` has another rank, or a parameter is not known.
        """
        if np.ndim(x) != 3:
            raise ValueError(f"`x` must be one picture, of rank 3. Received: shape {np.shape(x)}")
        unknown = sorted(set(transform_parameters) - set(_NEUTRAL))
        if unknown:
            raise ValueError(
                f"`transform_parameters` must be among {list(_NEUTRAL)}. Received: {unknown}"
            )
        given = {
            name: tf.constant([value], tf.bool if name.startswith("flip") else tf.float32)
            for name, value in transform_parameters.items()
            if value is not None
        }
        images = tf.constant(self._channels_last(np.asarray(x, "float32")[None]))
        if any(given.keys() & {"theta", "tx", "ty", "shear", "zx", "zy"}):
            # Which changes are switched on plays no part here: the parameters say it.
            moving = dataclasses.replace(self.augmentation, rotation_range=1.0)
            images = moving.move_pixels(images, given)
        images = tf.cast(self.augmentation.change_pixels(images, given), tf.float32)
        return self._as_given(images.numpy())[0]

    def random_transform(self, x: Tensor, seed: int | None = None) -> np.ndarray:
        """Change one picture at random.

        Args:
            x: The picture, of rank 3, in [0, 255].
            seed: Seed of the change; another one each time by default.
        """
        return self.apply_transform(x, self.get_random_transform(np.shape(x), seed))

    def standardize(self, x: Tensor) -> np.ndarray:
        """Preprocess, rescale and normalise a picture, or several of them each by itself.

        Args:
            x: Pictures of rank 3 or 4, in [0, 255]. They are not changed in place.

        Raises:
            ValueError: If the training pictures' statistics are to be used, and `fit` has not
                learned them.
        """
        images = np.asarray(x, "float32")
        batch = self._channels_last(images if images.ndim == 4 else images[None])
        spec = self._array_spec(batch)
        if self.statistics.missing(spec):
            raise ValueError(
                "`fit` must be called first, where `featurewise_center`, "
                "`featurewise_std_normalization` or `zca_whitening` is set. Received: no statistics"
            )
        if self.preprocessing_function is not None:
            batch = np.stack([np.asarray(self.preprocessing_function(image)) for image in batch])
        result = normalize_images(tf.constant(batch), spec).numpy()
        return result if images.ndim == 4 else result[0]

    def fit(
        self, x: Tensor, augment: bool = False, rounds: int = 1, seed: int | None = None
    ) -> None:
        """Learn what the training pictures have in common, for columns made from now on.

        `records.split` does the same by itself. Pictures are rescaled before, and nothing else, as
        in Keras. Only sums are kept: memory does not grow with the number of pictures.

        Args:
            x: Pictures of rank 4, in [0, 255]; or a flow of this class' own; or a `tf.data.Dataset`
                of batches of such pictures, alone or with targets.
            augment: Whether to learn from changed pictures.
            rounds: How many times each is changed.
            seed: Seed of the changes.

        Raises:
            ValueError: If `x` has the wrong rank, or there is nothing to be learned.
        """
        if not self.statistics.center:
            raise ValueError(
                "`fit` must go with `featurewise_center`, `featurewise_std_normalization` or "
                "`zca_whitening`. Received: none of them"
            )
        if isinstance(x, ImageFlow):
            load = unconverted(converted(x.row_loader()))
            rows = tf.data.Dataset.from_tensor_slices(np.flatnonzero(x.present))
            batches = rows.map(load).batch(64).as_numpy_iterator()
            spec = dataclasses.replace(x.spec, data_format="channels_last")
        elif isinstance(x, tf.data.Dataset):
            parts = (part[0] if isinstance(part, tuple) else part for part in x)
            batches = (self._channels_last(_rank_4(part.numpy())) for part in parts)
            first = next(batches, None)
            if first is None:
                raise ValueError("`x` must hold at least one picture to learn from. Received: none")
            spec = self._array_spec(first)
            batches = itertools.chain([first], batches)
        else:
            images = _rank_4(np.asarray(x))
            batches = (
                self._channels_last(images[at : at + 64]) for at in range(0, len(images), 64)
            )
            spec = self._array_spec(self._channels_last(images[:1]))
        rescaled = (
            batch * np.float32(self.rescale or 1.0)
            for batch in self._changed(batches, rounds if augment else 0, seed)
        )
        plain = dataclasses.replace(spec, mean=(), std=(), whitening="")
        self._fitted = learn_statistics(rescaled, plain, self.statistics)

    def _changed(
        self, batches: Iterator[np.ndarray], rounds: int, seed: int | None
    ) -> Iterator[np.ndarray]:
        """Yield the batches as they are, or each of them as often as it is to be changed."""
        base = np.random.default_rng(seed).integers(2**31)
        row = 0
        for batch in batches:
            if not rounds:
                yield batch.astype("float32")
            for round_ in range(rounds):
                rows = tf.range(row, row + len(batch), dtype=tf.int64)
                seeds = row_seeds(int(base), tf.constant(round_, tf.int64), rows)
                drawn = self.augmentation.parameters(seeds, *batch.shape[1:3])
                moved = self.augmentation.move_pixels(tf.constant(batch), drawn)
                yield tf.cast(self.augmentation.change_pixels(moved, drawn), tf.float32).numpy()
            row += len(batch)

    def _treatment(self, defaults: FlowDefaults) -> dict[str, Any]:
        """Return what every flow is told of these settings."""
        return {
            "augmentation": self.augmentation,
            "statistics": self.statistics,
            "fitted": self._fitted is not None,
            "augment": self.augment,
            "random_crop": self.random_crop,
            "preprocess": self.preprocessing_function,
            "defaults": defaults,
        }

    def _subset(self, subset: str | None, rows: int) -> slice:
        """The part of `rows` that `subset` names; the front is for validation, as in Keras."""
        if subset not in (None, "training", "validation"):
            raise ValueError(
                f"`subset` must be 'training', 'validation' or None. Received: subset={subset!r}"
            )
        if subset is None:
            return slice(None)
        if not self.validation_split:
            raise ValueError(
                "`subset` must go with a `validation_split` of the ImageStream. "
                f"Received: subset={subset!r}, validation_split={self.validation_split}"
            )
        cut = int(self.validation_split * rows)
        return slice(cut) if subset == "validation" else slice(cut, None)

    def _spec(
        self,
        name: str,
        target_size: tuple[int, int],
        color_mode: str,
        interpolation: str,
        keep_aspect_ratio: bool,
        antialias: bool,
        scaled_decoding: bool,
        bits: Literal[8, 16],
        optional: bool,
    ) -> Image:
        if color_mode not in _CHANNELS:
            raise ValueError(
                f"`color_mode` must be one of {list(_CHANNELS)}. "
                f"Received: color_mode={color_mode!r}"
            )
        height, width = (int(size) for size in target_size)
        return self._describe(
            name=name,
            optional=optional,
            height=height,
            width=width,
            channels=_CHANNELS[color_mode],
            interpolation=_INTERPOLATIONS.get(interpolation, interpolation),
            keep_aspect_ratio=keep_aspect_ratio,
            antialias=antialias,
            scaled_decoding=scaled_decoding,
            crop=self.random_crop,
            max_pixels=self.max_pixels,
            bits=bits,
        )

    def _describe(self, **settings: Any) -> Image:
        """Return the description of pictures that are treated as this class says."""
        function = self.preprocessing_function
        name = "" if function is None else getattr(function, "__name__", type(function).__name__)
        learned = self._fitted
        return Image(
            output_dtype=self.dtype,
            rescale=float(self.rescale or 1.0),
            samplewise_center=self.samplewise_center,
            samplewise_std=self.samplewise_std_normalization,
            data_format=self.data_format,
            preprocessing_function=name,
            mean=() if learned is None else learned.mean,
            std=() if learned is None else learned.std,
            whitening="" if learned is None else learned.whitening,
            **settings,
        )

    def _array_spec(self, batch: np.ndarray, name: str = "image", optional: bool = False) -> Image:
        """Return the description of pictures in an array, channels last."""
        _, height, width, channels = batch.shape
        return self._describe(
            name=name, optional=optional, height=height, width=width, channels=channels
        )

    def _channels_last(self, images: np.ndarray) -> np.ndarray:
        return np.moveaxis(images, 1, -1) if self.data_format == "channels_first" else images

    def _as_given(self, images: np.ndarray) -> np.ndarray:
        return np.moveaxis(images, -1, 1) if self.data_format == "channels_first" else images


def _rank_4(images: np.ndarray) -> np.ndarray:
    if images.ndim != 4:
        raise ValueError(f"`x` must have rank 4. Received: shape {images.shape}")
    return images


def _seeds(seed: int | None) -> tf.Tensor:
    if seed is None:
        seed = int(np.random.default_rng().integers(2**31))
    return row_seeds(seed, tf.constant(0, tf.int64), tf.constant([0], tf.int64))
