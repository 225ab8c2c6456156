"""The settings of an `ImageStream` in one object."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from keras_multimodal.data.image.augmentation import ImageAugmentation
from keras_multimodal.data.image.statistics import ImageStatistics
from keras_multimodal.data.image_data_generator.picture_format import PictureFormat
from keras_multimodal.schema import Image

Subset = Literal["training", "validation"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageSettings:
    """The settings of an `ImageStream`, and what has been learned of training pictures.

    Args:
        augmentation: The random changes that training makes.
        statistics: What is to be learned of the training pictures.
        learned: A description that holds what `fit` has learned, or `None`.
        rescale: Factor on the pixels, or `None`.
        dtype: What pixels are given as.
        augment: Keras' preprocessing layers that training batches go through, or `None`.
        random_crop: Whether the target is cut out of the picture.
        max_pixels: Files that claim more pixels are refused.
        exif_orientation: Whether pictures are turned as their EXIF says.
        samplewise_center: Whether each picture's own mean is subtracted.
        samplewise_std_normalization: Whether it is divided by its own standard deviation.
        preprocessing_function: A function from one picture to another, or `None`.
        data_format: Where the channels are.
        validation_split: Share of the rows that are for validation.
    """

    augmentation: ImageAugmentation
    statistics: ImageStatistics
    learned: Image | None = None
    rescale: float | None
    dtype: Literal["float32", "uint8"]
    augment: Any
    random_crop: bool
    max_pixels: int
    exif_orientation: bool
    samplewise_center: bool
    samplewise_std_normalization: bool
    preprocessing_function: Callable[[tf.Tensor], tf.Tensor] | None
    data_format: Literal["channels_last", "channels_first"]
    validation_split: float

    def column_options(self) -> dict[str, Any]:
        """Return the arguments of an `ImageColumn` that these settings decide."""
        return {
            "augmentation": self.augmentation,
            "statistics": self.statistics,
            "fitted": self.learned is not None,
            "augment": self.augment,
            "random_crop": self.random_crop,
            "preprocess": self.preprocessing_function,
        }

    def describe(self, **fields: Any) -> Image:
        """Return the description of pictures that are treated so.

        Args:
            **fields: What else it says.
        """
        function, learned = self.preprocessing_function, self.learned
        if learned is not None:
            _check_learned(learned, fields)
        name = "" if function is None else getattr(function, "__name__", type(function).__name__)
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
            **fields,
        )

    def describe_array(self, batch: np.ndarray, name: str = "image") -> Image:
        """Return the description of pictures in an array.

        Args:
            batch: The pictures, channels last.
            name: The input's name.
        """
        _, height, width, channels = batch.shape
        return self.describe(name=name, height=height, width=width, channels=channels)

    def describe_files(
        self, picture_format: PictureFormat, paths: Sequence[str], name: str, optional: bool
    ) -> Image:
        """Return the description of pictures in files.

        Args:
            picture_format: How the files become pixels.
            paths: The files; an empty string is a row without a picture.
            name: The input's name.
            optional: Whether a row may lack the picture.
        """
        return self.describe(
            name=name,
            optional=optional,
            crop=self.random_crop,
            max_pixels=self.max_pixels,
            exif_orientation=self.exif_orientation,
            **picture_format.fields(paths),
        )

    def rows_of(self, subset: Subset | None, count: int) -> slice:
        """Return the rows that `subset` names; the front is for validation, as in Keras.

        Args:
            subset: `"training"`, `"validation"`, or `None` for all rows.
            count: How many rows there are.
        """
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
        cut = int(self.validation_split * count)
        return slice(cut) if subset == "validation" else slice(cut, None)

    def channels_last(self, images: np.ndarray) -> np.ndarray:
        """Return pictures as `data_format` says with their channels last."""
        return np.moveaxis(images, 1, -1) if self.data_format == "channels_first" else images

    def as_given(self, images: np.ndarray) -> np.ndarray:
        """Return pictures with their channels last as `data_format` says."""
        return np.moveaxis(images, -1, 1) if self.data_format == "channels_first" else images


def _check_learned(learned: Image, fields: Mapping[str, Any]) -> None:
    """Refuse pictures that are not like those whose statistics are to be used."""
    if learned.channels != fields["channels"]:
        raise ValueError(
            f"Pictures must have the {learned.channels} channels of those that `fit` has learned "
            f"from. Received: {fields['channels']} channels. Call `fit` with pictures like these."
        )
    numbers = fields["height"] * fields["width"] * fields["channels"]
    if learned.whitening and learned.whitened_numbers != numbers:
        raise ValueError(
            "Pictures must have the size of those that `fit` has learned to whiten, "
            f"{learned.whitened_numbers} numbers. Received: {fields['height']} by "
            f"{fields['width']} pixels of {fields['channels']} channels. Call `fit` with pictures "
            "like these."
        )
