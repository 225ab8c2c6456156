"""A stream of pictures, as `ImageStream` makes it."""

import dataclasses
from collections.abc import Hashable, Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import tensorflow as tf

from keras_multimodal.data.augmentation import Augmentation
from keras_multimodal.data.cells import is_missing
from keras_multimodal.data.image import normalize_images
from keras_multimodal.data.pairing import pair
from keras_multimodal.data.static_batch import static_batch
from keras_multimodal.data.stream import Finisher, Loader, Stream
from keras_multimodal.schema import Image

CLASS_MODES = ("categorical", "sparse", "binary", None)


class ImageFlow(Stream):
    """Pictures by key: what `ImageStream.flow_from_dataframe` and its like return.

    Give it to `pair`, or use it alone: `flow.batch(32, training=True)`.

    Args:
        spec: The pictures' description.
        keys: One key for each row.
        cells: The paths of the files; an empty string is a row without a picture.
        source: Where the paths come from, for error messages.
        augmentation: The random changes that training makes.
        filenames: The files' names as the folder or frame gave them.
        targets: The class of each row, or `None`.
        classes: Class names in the order of their numbers; sorted by default.
        class_mode: What `batch` gives as the target; see `ImageStream.flow_from_dataframe`.

    Raises:
        ValueError: If `classes` lacks one that occurs.

    Example:

    >>> from keras_multimodal.data import ImageStream
    >>> frame = pd.DataFrame({"filename": ["a.png", "b.png"], "class": ["dog", "cat"]})
    >>> flow = ImageStream().flow_from_dataframe(frame, validate_filenames=False)
    >>> flow.class_indices
    {'cat': 0, 'dog': 1}
    """

    reads_files = True
    _columns: ClassVar = {"cells": "", "filenames": "", "targets": None}
    spec: Image

    def __init__(
        self,
        spec: Image,
        keys: Sequence[Hashable],
        cells: Sequence[str],
        source: str,
        *,
        augmentation: Augmentation | None = None,
        filenames: Sequence[str] | None = None,
        targets: Sequence[Any] | None = None,
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
    ) -> None:
        super().__init__(spec, keys, cells, source)
        self.augmentation = augmentation or Augmentation()
        self.filenames = np.asarray(cells if filenames is None else filenames, dtype=object)
        self.targets = np.full(len(self), None, object)
        self.targets[:] = targets
        self.class_mode = class_mode
        self._classes = None if classes is None else list(classes)

        found = {target for target in self.targets if not is_missing(target)}
        unknown = set() if classes is None else found - set(classes)
        if unknown:
            raise ValueError(
                f"`classes` must have every class that occurs. Received: classes={classes}, "
                f"without {sorted(map(str, unknown))}"
            )

    @property
    def classes(self) -> list[Any]:
        """The classes, in the order of their numbers."""
        if self._classes is not None:
            return self._classes
        return sorted({target for target in self.targets if not is_missing(target)})

    @property
    def class_indices(self) -> dict[Any, int]:
        """The number of each class."""
        return {label: number for number, label in enumerate(self.classes)}

    @property
    def labels(self) -> pd.Series | None:
        """The class of each row by key, for `pair(..., labels=flow.labels)`."""
        if all(target is None for target in self.targets):
            return None
        index = pd.Index(self.keys, tupleize_cols=False)
        return pd.Series(self.targets, index=index, name="label")

    def batch(
        self, batch_size: int = 32, training: bool = False, seed: int = 0, **options: Any
    ) -> tf.data.Dataset:
        """The pictures alone as batches; for pictures among other things, `pair` the flow.

        Args:
            batch_size: Rows in a batch. Defaults to 32.
            training: Shuffle and augment, anew in each epoch. Defaults to `False`.
            seed: Seed of the order and of the augmentation.
            **options: Others of `Records.batch`.

        Returns:
            A dataset of `(images, targets)`, or of `images` where `class_mode` is `None`.
            `images` is `(batch, height, width, channels)` float32; `targets` is as `class_mode`
            says.

        Raises:
            ValueError: If a row has no picture, or no class although `class_mode` asks for one.
        """
        name, mode, count = self.spec.name, self.class_mode, len(self.classes)
        if mode is not None and self.labels is None:
            raise ValueError(
                "`y_col` must name the frame's column of classes, or `class_mode` must be None, "
                f"where pictures are used alone. Received: no classes, class_mode={mode!r}"
            )
        if mode == "binary" and count != 2:
            raise ValueError(
                '`class_mode="binary"` must go with two classes. '
                f"Received: {count} classes, {self.classes}"
            )
        alone = self.with_spec(dataclasses.replace(self.spec, optional=False))
        labels = None if mode is None else self.labels
        records = pair(alone, labels=labels, classes=None if mode is None else self.classes)
        dataset = records.batch(batch_size, training, seed, **options)

        def targets_of(numbers: tf.Tensor) -> tf.Tensor:
            if mode == "sparse":
                return numbers
            return (
                tf.one_hot(numbers, count) if mode == "categorical" else tf.cast(numbers, "float32")
            )

        if mode is None:
            return dataset.map(lambda inputs: inputs[name])
        return dataset.map(lambda inputs, numbers: (inputs[name], targets_of(numbers)))

    def loader(self) -> Loader:
        """Read and decode one file: the least that has to be done row by row."""
        load = self.transform.load
        return lambda path: load(tf.io.read_file(path))

    def finisher(self, batch_size: int, training: bool) -> Finisher:
        """Augment and normalise; all but the resampling in one XLA program."""
        spec = self.spec
        augmentation = self.augmentation if training else Augmentation()

        def change_and_normalize(images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
            drawn = augmentation.parameters(seeds, spec.height, spec.width)
            return normalize_images(augmentation.change_pixels(images, drawn), spec)

        compiled = static_batch(change_and_normalize, batch_size)

        def finish(images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
            if augmentation.moves_pixels:
                drawn = augmentation.parameters(seeds, spec.height, spec.width)
                images = augmentation.move_pixels(images, drawn)
            return compiled(images, seeds)

        return finish
