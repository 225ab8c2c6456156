"""Pictures with all that Keras' `ImageDataGenerator` knows beside: classes, targets, batches."""

import dataclasses
import functools
import operator
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Self, SupportsIndex, cast

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from keras_multimodal.data.column.autograph import unconverted
from keras_multimodal.data.column.column_holder import ColumnHolder
from keras_multimodal.data.image.column import ImageColumn
from keras_multimodal.data.image_data_generator.batch_reader import batch_reader
from keras_multimodal.data.image_data_generator.defaults import FlowDefaults
from keras_multimodal.data.image_data_generator.saving import Writer, picture_writer
from keras_multimodal.data.image_data_generator.target_tensors import (
    CLASS_MODES,
    WITHOUT_CLASSES,
    class_numbers,
    have_several,
    make_targets,
)
from keras_multimodal.data.image_data_generator.targets import class_names
from keras_multimodal.data.pairing.pairing import pair
from keras_multimodal.data.pairing.records import Records
from keras_multimodal.data.pipeline.epoch_order import epoch_order
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import Image
from keras_multimodal.types import Tensors


class ImageFlow(keras.utils.PyDataset, ColumnHolder):
    """Pictures by key, with classes and batches as Keras' iterators have them.

    What `ImageStream.flow`, `flow_from_dataframe` and `flow_from_directory` return. Give it to
    `pair`, which takes its `column`; or use it alone, in one of two ways:

    - `flow.batch(32, training=True)` is a `tf.data.Dataset`, which reads ahead: the faster one.
    - As Keras' own: `model.fit(flow)`, `model.predict(flow)`, `next(flow)`, `flow[2]`, `len(flow)`
      in batches. Pictures are changed at random in all of these, whatever calls them, and rows
      shuffled unless the flow was made with `shuffle=False`. Batches are NumPy's arrays. A loop
      over a flow has no end, as in Keras.

    Both give the same pictures in the same order, bit for bit.

    Args:
        column: The pictures.
        filenames: The files' names as the folder or frame gave them; the column's cells by default.
        targets: The class of each row, or other targets with `class_mode="raw"` and
            `"multi_output"`; or `None`.
        classes: Class names in the order of their numbers; sorted by default.
        class_mode: What a batch has as the target; see `ImageStream.flow_from_dataframe`.
        weights: The weight of each row, or `None`.
        defaults: Size and order of the batches, and whether their pictures are written to files.

    Raises:
        ValueError: If `classes` lacks one that occurs.

    Example:

    >>> from keras_multimodal.data import ImageStream
    >>> flow = ImageStream().flow(np.zeros((5, 8, 8, 3)), [0, 1, 0, 1, 1], batch_size=2)
    >>> len(flow), flow.samples
    (3, 5)
    >>> images, targets = next(flow)
    >>> images.shape, targets.shape
    ((2, 8, 8, 3), (2,))
    """

    def __init__(
        self,
        column: ImageColumn,
        *,
        filenames: Sequence[str] | None = None,
        targets: Sequence[Any] | None = None,
        classes: Sequence[Any] | None = None,
        class_mode: str | None = "categorical",
        weights: Sequence[float] | None = None,
        defaults: FlowDefaults | None = None,
    ) -> None:
        super().__init__()
        if class_mode not in CLASS_MODES:
            raise ValueError(
                f"`class_mode` must be one of {list(CLASS_MODES)}. "
                f"Received: class_mode={class_mode!r}"
            )
        self._column = column
        self.samples = len(column)
        self.filenames = list(column.cells if filenames is None else filenames)
        self.targets = np.full(self.samples, None, object)
        self.targets[:] = list(targets) if targets is not None else None
        self.class_mode = class_mode
        self.weights = None if weights is None else np.asarray(weights, float)
        self.defaults = defaults or FlowDefaults()
        self.batch_index = 0
        self._epoch = 0
        self._classes = None if classes is None else list(classes)
        if class_mode in WITHOUT_CLASSES:
            return
        unknown = set() if classes is None else set(class_names(self.targets)) - set(classes)
        if unknown:
            raise ValueError(
                f"`classes` must have every class that occurs. Received: classes={classes}, "
                f"without {sorted(map(str, unknown))}"
            )

    @property
    def column(self) -> ImageColumn:
        """The pictures alone, which `pair` joins with other columns."""
        return self._column

    @property
    def spec(self) -> Image:
        """The pictures' description."""
        return self.column.spec

    @property
    def keys(self) -> list[Hashable]:
        """The rows' keys."""
        return self.column.keys

    @property
    def n(self) -> int:
        """The number of rows, as `samples`."""
        return self.samples

    @property
    def filepaths(self) -> list[str]:
        """The files' paths; of an array the pictures' names."""
        return list(self.column.cells)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """The shape of a picture."""
        return self.spec.shape

    @property
    def batch_size(self) -> int:
        """Rows in a batch."""
        return self.defaults.batch_size

    @property
    def class_names(self) -> list[Any]:
        """The classes, in the order of their numbers; none where targets are no classes."""
        if self._classes is not None:
            return self._classes
        if self.class_mode in ("raw", "multi_output"):
            return []
        return class_names(self.targets)

    @property
    def class_indices(self) -> dict[Any, int]:
        """The number of each class."""
        return {label: number for number, label in enumerate(self.class_names)}

    @property
    def num_classes(self) -> int:
        """The number of classes."""
        return len(self.class_names)

    @property
    def classes(self) -> np.ndarray | list[list[int]]:
        """The rows' classes as numbers, -1 for a row without; lists where it may have several."""
        return class_numbers(self.targets, self.class_indices)

    @property
    def labels(self) -> pd.Series | None:
        """The class of each row by key, for `pair(..., labels=flow.labels)`."""
        if all(target is None for target in self.targets):
            return None
        index = pd.Index(self.keys, tupleize_cols=False)
        return pd.Series(self.targets, index=index, name="label")

    def __repr__(self) -> str:
        """Return the column and the batches, in a line."""
        return f"<ImageFlow of {len(self)} batches of {self.column!r}>"

    def __len__(self) -> int:
        """Return the number of batches."""
        return -(-self.samples // self.batch_size)

    def __iter__(self) -> Self:
        """Return the flow itself, which has no end."""
        return self

    def __next__(self) -> Any:
        """Return the next batch; behind the last one comes the next epoch's first."""
        if self.batch_index >= len(self):
            self.reset()
        batch = self[self.batch_index]
        self.batch_index += 1
        return batch

    next = __next__

    def reset(self) -> None:
        """Begin a new epoch with the next batch."""
        if self.batch_index:
            self.on_epoch_end()
        self.batch_index = 0

    def on_epoch_end(self) -> None:
        """Give the rows another order, and other random changes."""
        self._epoch += 1

    def __getitem__(self, index: SupportsIndex) -> Any:
        """Return a batch of this epoch.

        Raises:
            ValueError: If there is no such batch, as in Keras.
        """
        number = operator.index(index)
        if not -len(self) <= number < len(self):
            raise ValueError(
                f"`index` must be that of one of the {len(self)} batches. Received: {number}"
            )
        number %= len(self)
        epoch = tf.constant(self._epoch, tf.int64)
        shuffle, seed = self.defaults.shuffle, self.defaults.seed or 0
        order = epoch_order(self.samples, None, shuffle, seed, epoch)
        rows = order[number * self.batch_size :][: self.batch_size]
        images = self._read_batch(rows, epoch)
        if self._writer is not None:
            self._writer(tf.constant(number, tf.int64), images)
        batch = keras.tree.map_structure(
            lambda tensor: tensor.numpy(), self._arranged(images, rows)
        )
        if self.class_mode == "multi_output":
            images, targets, *weights = batch
            return (images, list(targets), *weights)
        return batch

    def _arranged(self, images: tf.Tensor, rows: tf.Tensor) -> Any:
        """Return a batch's pictures with the rows' targets and weights."""
        if self.class_mode is None:
            return images
        if self.class_mode == "input":
            targets = images
        else:
            targets = self._make_targets(tf.gather(self._records.labels, rows))
        if self.weights is None:
            return images, targets
        return images, targets, tf.gather(self.weights.astype("float32"), rows)

    @functools.cached_property
    def _read_batch(self) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
        (column,) = self._records.columns
        column = cast("ImageColumn", column)
        return batch_reader(column, min(self.batch_size, self.samples), self.defaults.seed or 0)

    @functools.cached_property
    def _make_targets(self) -> Callable[[tf.Tensor], Any]:
        return make_targets(self.targets, self.class_indices, self.class_mode)

    @functools.cached_property
    def _writer(self) -> Writer | None:
        if self.defaults.save_to_dir is None:
            return None
        return picture_writer(self.spec, self.defaults)

    def batch(
        self,
        batch_size: int | None = None,
        training: bool = False,
        seed: int | None = None,
        **options: Any,
    ) -> tf.data.Dataset:
        """Return the pictures alone as batches; for pictures among other things, `pair` the flow.

        Args:
            batch_size: Rows in a batch; the flow's own by default.
            training: Shuffle, unless the flow was made with `shuffle=False`, and augment, anew in
                each epoch. Defaults to `False`.
            seed: Seed of the order and of the augmentation; the flow's own by default.
            **options: Others of `Records.batch`.

        Returns:
            A dataset of `(images, targets)`, of `images` where `class_mode` is `None`, or of
            `(images, targets, weights)` where rows have weights. `images` is `(batch, *spec.shape)`
            float32; `targets` is as `class_mode` says.

        Raises:
            ValueError: If a row has no picture, no class although `class_mode` asks for one, or
                the pictures' statistics have not been learned.
        """
        mode = self.class_mode
        if options.get("one_hot"):
            raise ArgumentError(
                "one_hot",
                "must be left out: a flow's `class_mode` says what its targets are, and "
                f"'categorical' is one-hot. Received: one_hot=True, class_mode={mode!r}",
            )
        if options.get("balance") and (mode in WITHOUT_CLASSES or self._several):
            raise ValueError(
                "`balance` must go with one class for each row. "
                f"Received: balance=True, class_mode={mode!r}"
            )
        options = {"shuffle": training and self.defaults.shuffle, **options}
        batch_size = self.batch_size if batch_size is None else batch_size
        seed = (self.defaults.seed or 0) if seed is None else seed
        numbered = self._records.batch(batch_size, training, seed, **options).enumerate()
        make, writer, name = self._make_targets, self._writer, self.spec.inner_name

        def arrange(number: tf.Tensor, batch: tuple[Any, ...]) -> Tensors:
            inputs, numbers, *weights = batch
            images = inputs[name]
            written = [] if writer is None else [writer(number, images)]
            with tf.control_dependencies(written):
                images = tf.identity(images)
            if mode is None:
                return images
            return (images, images if mode == "input" else make(numbers), *weights)

        return numbered.map(unconverted(arrange))

    @property
    def _several(self) -> bool:
        """True if rows may have several classes."""
        return have_several(self.targets, self.class_mode)

    @functools.cached_property
    def _records(self) -> Records:
        """The pictures, with the numbers that `make_targets` takes for labels."""
        alone = self.column.with_spec(dataclasses.replace(self.spec, optional=False))
        if self.class_mode in WITHOUT_CLASSES or self._several:
            labels, classes = list(range(self.samples)), list(range(max(self.samples, 2)))
        else:
            labels, classes = self._checked_labels(), self.class_names
        weights = None
        if self.weights is not None:
            weights = dict(zip(self.keys, self.weights.tolist(), strict=True))
        return pair(alone, labels=labels, classes=classes, sample_weight=weights)

    def _checked_labels(self) -> pd.Series:
        labels = self.labels
        if labels is None:
            raise ValueError(
                "`y_col` must name the frame's column of classes, or `class_mode` must be None, "
                f"where pictures are used alone. Received: no classes, "
                f"class_mode={self.class_mode!r}"
            )
        if self.class_mode == "binary" and self.num_classes != 2:
            raise ValueError(
                '`class_mode="binary"` must go with two classes. '
                f"Received: {self.num_classes} classes, {self.class_names}"
            )
        return labels
