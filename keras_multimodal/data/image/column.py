"""Pictures by key: one column of a record."""

import dataclasses
import functools
from collections.abc import Callable, Hashable, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import tensorflow as tf

from keras_multimodal.data.column.autograph import converted, unconverted
from keras_multimodal.data.column.column import (
    BatchFinisher,
    CellLoader,
    Column,
    RandomRowLoader,
    RowLoader,
)
from keras_multimodal.data.column.files import file_problems, make_file_reader
from keras_multimodal.data.column.random_numbers import uniform
from keras_multimodal.data.column.static_batch import static_batch
from keras_multimodal.data.column.transform import HOW_TO_LEARN
from keras_multimodal.data.image.augmentation import CROP_SLOTS, ImageAugmentation
from keras_multimodal.data.image.decoding import check_channels, decode_image
from keras_multimodal.data.image.files import form_of_all
from keras_multimodal.data.image.keras_augmentation import keras_augmentation
from keras_multimodal.data.image.packed_resampling import make_warp
from keras_multimodal.data.image.statistics import ImageStatistics, learn_statistics
from keras_multimodal.data.image.transform import normalize_images
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import Image, Modality


class ImageColumn(Column):
    """Pictures in files, or in an array, by key.

    `ImageStream` makes them with all that Keras knows beside; see `ImageFlow`.

    Args:
        spec: The pictures' description.
        keys: One key for each row.
        cells: The paths of the files; an empty string is a row without a picture. Of pictures in an
            array their names, for messages.
        source: Where the paths come from, for error messages.
        images: The pictures in place of files: `(rows, height, width, channels)`, uint8 or a float
            dtype, in [0, 255]. Default `None`: they are read.
        augmentation: The random changes that training makes.
        statistics: What is to be learned of the training pictures.
        fitted: Whether `spec` has learned it already, and keeps it.
        augment: Keras' preprocessing layers that training batches go through, or `None`.
        random_crop: Whether training cuts the target out anywhere; `spec.crop` must be set.
        preprocess: A graph function from one picture to another of its shape, or `None`.

    Example:

    >>> column = ImageColumn(Image(height=8, width=8), ["a", "b"], ["a.png", ""], "column 'file'")
    >>> column
    <ImageColumn 'image' of column 'file': (8, 8, 3) float32, 2 rows, 1 of them missing>
    """

    reads_files = True
    # `take` finds an array's rows by their places.
    _columns: ClassVar[dict[str, Any]] = {"cells": "", "places": -1}
    spec: Image

    def __init__(
        self,
        spec: Image,
        keys: Sequence[Hashable],
        cells: Sequence[str],
        source: str,
        *,
        images: np.ndarray | None = None,
        augmentation: ImageAugmentation | None = None,
        statistics: ImageStatistics | None = None,
        fitted: bool = False,
        augment: Any = None,
        random_crop: bool = False,
        preprocess: Callable[[tf.Tensor], tf.Tensor] | None = None,
    ) -> None:
        super().__init__(spec, keys, cells, source)
        if images is None:
            check_channels(spec)
        else:
            self.reads_files = False
            images = images if images.dtype == np.uint8 else images.astype("float32")
        self.images = images
        self.places = np.arange(len(self))
        self.augmentation = augmentation or ImageAugmentation()
        self.statistics = statistics or ImageStatistics()
        self._fitted = fitted
        self._augment = None if augment is None else keras_augmentation(augment)
        self.random_crop = random_crop
        self.preprocess = preprocess

    def blank(self) -> tf.Tensor:
        """Return zeros, of an array in its own dtype."""
        if self.images is None:
            return super().blank()
        return tf.zeros(self.images.shape[1:], self.images.dtype)

    def content(self, row: int) -> bytes:
        """Return what a fingerprint is made of: the file's state, or the picture."""
        if self.images is None:
            return super().content(row)
        return self.images[self.places[row]].tobytes()

    def row_loader(self) -> RowLoader:
        """Return the graph function from a row to its picture."""
        if self.images is None:
            return super().row_loader()
        images = tf.constant(self.images)
        places = tf.constant(np.maximum(self.places, 0))
        return lambda row: tf.gather(images, tf.gather(places, row))

    def adapt(self) -> Self:
        """Return the column with what its pictures teach, unless `fit` has learned it."""
        if self._fitted or not self.statistics.center:
            return self
        plain = dataclasses.replace(self.spec, mean=(), std=(), whitening="")
        load = unconverted(converted(self.row_loader()))
        rows = tf.data.Dataset.from_tensor_slices(np.flatnonzero(self.present))
        pictures = rows.map(load, num_parallel_calls=tf.data.AUTOTUNE).batch(64)
        rescaled = (batch * np.float32(plain.rescale) for batch in pictures.as_numpy_iterator())
        return self.with_spec(learn_statistics(rescaled, plain, self.statistics))

    @functools.cached_property
    def _file_problems(self) -> dict[str, str]:
        """The files that must not be read, and why; parts of the rows share it."""
        return file_problems(self.cells)

    def as_described(self, spec: Modality) -> Self:
        """Return the column as other pictures were described; see the base class."""
        described = super().as_described(spec)
        wanted = (described.spec.height, described.spec.width, described.spec.channels)
        if self.images is not None and self.images.shape[1:] != wanted:
            raise ArgumentError(
                "schema",
                f"must describe {spec.name!r} in the size of the array's pictures, "
                f"{self.images.shape[1:]}. Received: {wanted}. Resize them.",
            )
        return described

    def cell_loader(self) -> CellLoader:
        """Read and decode one file: the least that has to be done row by row."""
        spec, form = self.spec, form_of_all(self.cells)
        read_file = make_file_reader(self._file_problems)
        return lambda path: decode_image(read_file(path), spec, form=form)

    def random_row_loader(self) -> RandomRowLoader | None:
        """Read a file and decode the part that the row's seed chooses, with `random_crop`."""
        if not self.random_crop:
            return None
        cells, spec, blank = tf.constant(self.cells.tolist(), tf.string), self.spec, self.blank()
        form = form_of_all(self.cells)
        read_file = make_file_reader(self._file_problems)

        def load(path: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
            top, left = tf.unstack(uniform(seed[None], CROP_SLOTS)[0])
            return decode_image(read_file(path), spec, (top, left), form)

        if self.present.all():
            return lambda row, seed: load(tf.gather(cells, row), seed)

        def load_present(row: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
            path = tf.gather(cells, row)
            return tf.cond(tf.equal(path, ""), lambda: blank, lambda: load(path, seed))

        return load_present

    def batch_finisher(self, batch_size: int, training: bool) -> BatchFinisher:
        """Augment and normalise; all but the resampling in one XLA program."""
        spec = self.spec
        preprocess = None if self.preprocess is None else converted(self.preprocess)
        keras_changes = self._augment if training else None
        augmentation = self.augmentation if training else ImageAugmentation()
        if self.statistics.missing(spec):
            raise ValueError(
                f"Image {spec.name!r} has no statistics yet. Learn them on the training rows: "
                f"`ImageStream.fit` does so for pictures in an array, {HOW_TO_LEARN}"
            )

        def change(
            images: tf.Tensor, seeds: tf.Tensor, changes: ImageAugmentation = augmentation
        ) -> tf.Tensor:
            drawn = changes.parameters(seeds, spec.height, spec.width)
            return changes.change_pixels(images, drawn)

        def normalize(images: tf.Tensor) -> tf.Tensor:
            return normalize_images(images, spec)

        if preprocess is None:
            whole = static_batch(lambda images, seeds: normalize(change(images, seeds)), batch_size)
        else:
            changed, normalized = (
                static_batch(change, batch_size),
                static_batch(normalize, batch_size),
            )
            picture = tf.TensorSpec((spec.height, spec.width, spec.channels), tf.float32)

            def whole(images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
                images = tf.cast(changed(images, seeds), tf.float32)
                # The user's function takes one picture, as in Keras.
                return normalized(tf.map_fn(preprocess, images, fn_output_signature=picture))

        shape = (spec.height, spec.width, spec.channels)
        unflipped = dataclasses.replace(augmentation, horizontal_flip=False, vertical_flip=False)
        move_all = make_warp(
            augmentation,
            shape,
            batch_size,
            lambda images, seeds: normalize(change(images, seeds, unflipped)),
        )

        # A pixel of more channels is no integer.
        packed = spec.channels <= 4 and preprocess is None and keras_changes is None

        def finish(images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
            if augmentation.moves_pixels:
                if packed and images.dtype == tf.uint8:
                    return move_all(images, seeds)
                drawn = augmentation.parameters(seeds, spec.height, spec.width)
                images = augmentation.move_pixels(images, drawn)
            if keras_changes is not None:
                images = keras_changes(images, seeds)
            return whole(images, seeds)

        return finish
