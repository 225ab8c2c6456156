"""What a flow's batches have as their targets."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from keras_multimodal.data.targets.classes import SEVERAL

CLASS_MODES = ("categorical", "sparse", "binary", "raw", "multi_output", "input", None)
WITHOUT_CLASSES = ("raw", "multi_output", "input", None)


def have_several(targets: np.ndarray, class_mode: str | None) -> bool:
    """Return whether rows may have several classes."""
    return class_mode == "categorical" and any(isinstance(each, SEVERAL) for each in targets)


def make_targets(
    targets: np.ndarray, class_indices: Mapping[Any, int], class_mode: str | None
) -> Callable[[tf.Tensor], Any]:
    """Return the graph function from numbers to targets.

    The numbers are those of classes, or of rows where rows have several classes, or none.

    Args:
        targets: The class of each row, or other targets.
        class_indices: The number of each class.
        class_mode: What the targets are to be; see `ImageStream.flow_from_dataframe`.
    """
    if class_mode == "sparse":
        return lambda numbers: numbers
    if have_several(targets, class_mode):
        ones = np.zeros((len(targets), len(class_indices)), "float32")
        for row, target in enumerate(targets):
            for label in target if isinstance(target, SEVERAL) else [target]:
                ones[row, class_indices[label]] = 1.0
        return lambda numbers: tf.gather(tf.constant(ones), numbers)
    if class_mode == "categorical":
        return lambda numbers: tf.one_hot(numbers, len(class_indices))
    if class_mode == "binary":
        return lambda numbers: tf.cast(numbers, "float32")
    if class_mode == "raw":
        values = tf.constant(np.array(list(targets)))
        return lambda numbers: tf.gather(values, numbers)
    if class_mode == "multi_output":
        columns = [tf.constant(np.array(column)) for column in zip(*targets, strict=True)]
        return lambda numbers: tuple(tf.gather(column, numbers) for column in columns)
    return lambda numbers: None


def class_numbers(targets: np.ndarray, class_indices: Mapping[Any, int]) -> Any:
    """Return the rows' classes as numbers, as Keras' iterators have them.

    Args:
        targets: The class of each row, or several.
        class_indices: The number of each class.

    Returns:
        `(rows,)` int32, -1 for a row without a class; a list of lists where rows may have several.
    """
    if any(isinstance(target, SEVERAL) for target in targets):
        rows = [target if isinstance(target, SEVERAL) else [target] for target in targets]
        return [[class_indices[label] for label in row] for row in rows]
    numbers = [class_indices.get(target, -1) for target in targets]
    return np.array(numbers, "int32")
