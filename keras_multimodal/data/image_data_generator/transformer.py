"""Pictures in arrays, in `ImageDataGenerator`'s terms."""

import dataclasses
import os
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.random_numbers import row_seeds
from keras_multimodal.data.image.augmentation import FILL_MODES, ImageAugmentation
from keras_multimodal.data.image.statistics import ImageStatistics
from keras_multimodal.data.image.transform import normalize_images
from keras_multimodal.data.image_data_generator.argument_checks import as_shifts, number_pair
from keras_multimodal.data.image_data_generator.arrays import array_flow
from keras_multimodal.data.image_data_generator.defaults import FlowDefaults
from keras_multimodal.data.image_data_generator.flow import ImageFlow
from keras_multimodal.data.image_data_generator.learning import learn_from
from keras_multimodal.data.image_data_generator.settings import ImageSettings, Subset
from keras_multimodal.types import Tensor

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
    """Changes, standardises, learns from and makes columns of pictures in arrays.

    It is what a Keras `ImageDataGenerator` does with pictures in memory. `ImageStream`, which
    describes the arguments, reads files besides.

    Example:

    >>> transformer = ImageTransformer(rescale=0.5)
    >>> transformer.standardize(np.full((1, 1, 1), 3.0)).tolist()
    [[[1.5]]]
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
        exif_orientation: bool = True,
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
        brightness: tuple[float, float] | None = None
        if brightness_range is not None:
            brightness = number_pair("brightness_range", brightness_range)
        augmentation = ImageAugmentation(
            horizontal_flip=horizontal_flip,
            vertical_flip=vertical_flip,
            width_shift_range=as_shifts(width_shift_range),
            height_shift_range=as_shifts(height_shift_range),
            rotation_range=rotation_range,
            shear_range=shear_range,
            zoom_range=number_pair("zoom_range", zoom_range),
            channel_shift_range=channel_shift_range,
            brightness_range=brightness,
            fill_mode=fill_mode,
            cval=cval,
            interpolation_order=interpolation_order,
        )
        statistics = ImageStatistics(
            center=featurewise_center or featurewise_std_normalization or zca_whitening,
            # Whitening makes every deviation one by itself.
            std=featurewise_std_normalization and not zca_whitening,
            whitening=zca_whitening,
            epsilon=zca_epsilon,
        )
        self.settings = ImageSettings(
            augmentation=augmentation,
            statistics=statistics,
            rescale=rescale,
            dtype="uint8" if dtype == "uint8" else "float32",
            augment=augment,
            random_crop=random_crop,
            max_pixels=max_pixels,
            exif_orientation=exif_orientation,
            samplewise_center=samplewise_center or samplewise_std_normalization,
            samplewise_std_normalization=samplewise_std_normalization,
            preprocessing_function=preprocessing_function,
            data_format=data_format or keras.config.image_data_format(),
            validation_split=validation_split,
        )

    @property
    def augmentation(self) -> ImageAugmentation:
        """The random changes that training makes."""
        return self.settings.augmentation

    @property
    def statistics(self) -> ImageStatistics:
        """The statistics that are to be learned of the training pictures."""
        return self.settings.statistics

    def flow(
        self,
        x: Tensor,
        y: Tensor = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Sequence[float] | None = None,
        seed: int | None = None,
        save_to_dir: str | os.PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: Subset | None = None,
        *,
        keys: Sequence[Hashable] | None = None,
        name: str = "image",
    ) -> ImageFlow:
        """Return a flow of the pictures in an array.

        Args:
            x: `(rows, height, width, channels)`, or as `data_format` says, in [0, 255].
            y: Targets, one for each row, of any shape.
            batch_size: Rows in a batch of `flow.batch`.
            shuffle: Whether its training batches are shuffled.
            sample_weight: The rows' weights.
            seed: Seed of its order and of its random changes.
            save_to_dir: Folder to which it also writes each picture.
            save_prefix: What the names of these files begin with.
            save_format: `"png"` or `"jpeg"`.
            ignore_class_split: Whether the subsets may have different targets.
            subset: `"training"` or `"validation"`, the parts that `validation_split` makes.
            keys: One key for each row; 0, 1, 2, ... by default.
            name: The input's name.

        Raises:
            ValueError: If the arrays have the wrong shape or differ in their number of rows, or a
                subset lacks targets that the other has.
        """
        defaults = FlowDefaults(batch_size, shuffle, seed, save_to_dir, save_prefix, save_format)
        return array_flow(
            self.settings,
            x,
            y,
            sample_weight=sample_weight,
            keys=keys,
            name=name,
            subset=subset,
            same_targets=not ignore_class_split,
            defaults=defaults,
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
        first = self.settings.data_format == "channels_first"
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
        images = tf.constant(self.settings.channels_last(np.asarray(x, "float32")[None]))
        if any(given.keys() & {"theta", "tx", "ty", "shear", "zx", "zy"}):
            # Which changes are switched on plays no part here: the parameters say it.
            moving = dataclasses.replace(self.augmentation, rotation_range=1.0)
            images = moving.move_pixels(images, given)
        images = tf.cast(self.augmentation.change_pixels(images, given), tf.float32)
        return self.settings.as_given(images.numpy())[0]

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
        batch = self.settings.channels_last(images if images.ndim == 4 else images[None])
        spec = self.settings.describe_array(batch)
        if self.statistics.missing(spec):
            raise ValueError(
                "`fit` must be called first, where `featurewise_center`, "
                "`featurewise_std_normalization` or `zca_whitening` is set. Received: no statistics"
            )
        preprocess = self.settings.preprocessing_function
        if preprocess is not None:
            batch = np.stack([np.asarray(preprocess(image)) for image in batch])
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
        learned = learn_from(x, self.settings, rounds if augment else 0, seed)
        self.settings = dataclasses.replace(self.settings, learned=learned)


def _seeds(seed: int | None) -> tf.Tensor:
    if seed is None:
        seed = int(np.random.default_rng().integers(2**31))
    return row_seeds(seed, tf.constant(0, tf.int64), tf.constant([0], tf.int64))
