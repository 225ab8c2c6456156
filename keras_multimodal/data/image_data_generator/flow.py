"""Pictures with all that Keras' `ImageDataGenerator` knows beside: classes, targets, batches."""

import dataclasses
from collections.abc import Callable, Hashable, Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import tensorflow as tf

from keras_multimodal.data.column.autograph import unconverted
from keras_multimodal.data.image.column import ImageColumn
from keras_multimodal.data.image_data_generator.defaults import FlowDefaults
from keras_multimodal.data.image_data_generator.saving import save_pictures
from keras_multimodal.data.image_data_generator.targets import class_names
from keras_multimodal.data.pairing.pairing import pair
from keras_multimodal.data.targets.classes import SEVERAL
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import Image
from keras_multimodal.types import Tensors

CLASS_MODES = ("categorical", "sparse", "binary", "raw", "multi_output", "input", None)
_ALONE = ("raw", "multi_output", "input", None)  # those that know no classes


class ImageFlow(ImageColumn):
    """Pictures by key: what `ImageStream` makes.

    Give it to `pair`, or use it alone: `flow.batch(32, training=True)`.

    Args:
        spec: The pictures' description.
        keys: One key for each row.
        cells: The paths of the files; an empty string is a row without a picture.
        source: Where the paths come from, for error messages.
        filenames: The files' names as the folder or frame gave them.
        targets: The class of each row, or other targets with `class_mode="raw"` and
            `"multi_output"`; or `None`.
        classes: Class names in the order of their numbers; sorted by default.
        class_mode: What `batch` gives as the target; see `ImageStream.flow_from_dataframe`.
        weights: The weight of each row, or `None`.
        defaults: What `batch` does where it isn't told otherwise.
        **options: Others of `ImageColumn`, such as `images` for pictures in an array.

    Raises:
        ValueError: If `classes` lacks one that occurs.

    Example:

    >>> from keras_multimodal.data import ImageStream
    >>> frame = pd.DataFrame({"filename": ["a.png", "b.png"], "class": ["dog", "cat"]})
    >>> flow = ImageStream().flow_from_dataframe(frame, validate_filenames=False)
    >>> flow.class_indices
    {'cat': 0, 'dog': 1}
    """

    _columns: ClassVar[dict[str, Any]] = {
        **ImageColumn._columns,
        "filenames": "",
        "targets": None,
        "weights": 1.0,
    }

    def __init__(
        self,
        spec: Image,
        keys: Sequence[Hashable],
        cells: Sequence[str],
        source: str,
        *,
        filenames: Sequence[str] | None = None,
        targets: Sequence[Any] | None = None,
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        weights: Sequence[float] | None = None,
        defaults: FlowDefaults | None = None,
        **options: Any,
    ) -> None:
        super().__init__(spec, keys, cells, source, **options)
        if class_mode not in CLASS_MODES:
            raise ValueError(
                f"`class_mode` must be one of {list(CLASS_MODES)}. "
                f"Received: class_mode={class_mode!r}"
            )
        self.weights = np.full(len(self), 1.0) if weights is None else np.asarray(weights, float)
        self._weighted = weights is not None
        self.defaults = defaults or FlowDefaults()
        self.filenames = np.asarray(cells if filenames is None else filenames, dtype=object)
        self.targets = np.full(len(self), None, object)
        self.targets[:] = list(targets) if targets is not None else None
        self.class_mode = class_mode
        self._classes = None if classes is None else list(classes)

        if class_mode in _ALONE:
            return
        unknown = set() if classes is None else set(class_names(self.targets)) - set(classes)
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
        return class_names(self.targets)

    @property
    def _several(self) -> bool:
        """True if rows may have several classes."""
        return self.class_mode == "categorical" and any(
            isinstance(target, SEVERAL) for target in self.targets
        )

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
        alone = self.with_spec(dataclasses.replace(self.spec, optional=False))
        options = {"shuffle": training and self.defaults.shuffle, **options}
        batch_size = self.defaults.batch_size if batch_size is None else batch_size
        seed = (self.defaults.seed or 0) if seed is None else seed
        weights = dict(zip(self.keys, self.weights.tolist(), strict=True))
        if mode in _ALONE or self._several:
            if options.get("balance"):
                raise ValueError(
                    "`balance` must go with one class for each row. "
                    f"Received: balance=True, class_mode={mode!r}"
                )
            labels, classes = list(range(len(self))), list(range(max(len(self), 2)))
        else:
            labels, classes = self._checked_labels(), self.classes
        records = pair(
            alone,
            labels=labels,
            classes=classes,
            sample_weight=weights if self._weighted else None,
        )
        dataset = records.batch(batch_size, training, seed, **options)
        targets_of = self._make_targets()

        def arrange(
            inputs: dict[str, tf.Tensor], numbers: tf.Tensor, *weights: tf.Tensor
        ) -> Tensors:
            images = inputs[self.spec.inner_name]
            if mode is None:
                return images
            return (images, images if mode == "input" else targets_of(numbers), *weights)

        if self.defaults.save_to_dir is not None:
            dataset = save_pictures(dataset, self.spec, self.defaults)
        return dataset.map(unconverted(arrange))

    def _checked_labels(self) -> pd.Series:
        labels = self.labels
        if labels is None:
            raise ValueError(
                "`y_col` must name the frame's column of classes, or `class_mode` must be None, "
                f"where pictures are used alone. Received: no classes, "
                f"class_mode={self.class_mode!r}"
            )
        if self.class_mode == "binary" and len(self.classes) != 2:
            raise ValueError(
                '`class_mode="binary"` must go with two classes. '
                f"Received: {len(self.classes)} classes, {self.classes}"
            )
        return labels

    def _make_targets(self) -> Callable[[tf.Tensor], Any]:
        """Return the graph function from the numbers of classes, or of rows, to targets."""
        if self.class_mode == "sparse":
            return lambda numbers: numbers
        if self._several:
            indices = self.class_indices
            ones = np.zeros((len(self), len(indices)), "float32")
            for row, target in enumerate(self.targets):
                for label in target if isinstance(target, SEVERAL) else [target]:
                    ones[row, indices[label]] = 1.0
            return lambda numbers: tf.gather(tf.constant(ones), numbers)
        if self.class_mode == "categorical":
            return lambda numbers: tf.one_hot(numbers, len(self.classes))
        if self.class_mode == "binary":
            return lambda numbers: tf.cast(numbers, "float32")
        if self.class_mode == "raw":
            values = tf.constant(np.array(self.targets.tolist()))
            return lambda numbers: tf.gather(values, numbers)
        if self.class_mode == "multi_output":
            columns = [tf.constant(np.array(column)) for column in zip(*self.targets, strict=True)]
            return lambda numbers: tuple(tf.gather(column, numbers) for column in columns)
        return lambda numbers: None
