"""Which class is taken for which."""

from collections.abc import Sequence

import numpy as np


def confusion_matrix(
    labels: Sequence[int] | np.ndarray, predictions: Sequence[int] | np.ndarray, num_classes: int
) -> np.ndarray:
    """Count the rows of each true and predicted class.

    Args:
        labels: The true class numbers, `(rows,)`.
        predictions: The predicted class numbers, `(rows,)`.
        num_classes: How many classes there are.

    Returns:
        Counts `(num_classes, num_classes)`, int64: true classes down, predicted classes across.

    Raises:
        ValueError: If the two differ in length, or hold anything but numbers of classes.

    Example:

    >>> confusion_matrix([0, 0, 1], [0, 1, 1], num_classes=2)
    array([[1, 1],
           [0, 1]])
    """
    true = _class_numbers(labels, "labels", num_classes)
    predicted = _class_numbers(predictions, "predictions", num_classes)
    if len(true) != len(predicted):
        raise ValueError(
            "`labels` and `predictions` must have one number for each row. "
            f"Received: {len(true)} labels, {len(predicted)} predictions"
        )
    cells = np.bincount(true * num_classes + predicted, minlength=num_classes**2)
    return cells.reshape(num_classes, num_classes)


def _class_numbers(values: Sequence[int] | np.ndarray, name: str, num_classes: int) -> np.ndarray:
    numbers = np.asarray(values)
    if not numbers.size:
        numbers = numbers.astype("int64")
    if numbers.ndim != 1 or not np.issubdtype(numbers.dtype, np.integer):
        raise ValueError(
            f"`{name}` must be class numbers of shape (rows,). "
            f"Received: shape {numbers.shape}, dtype {numbers.dtype}"
        )
    if numbers.size and not 0 <= numbers.min() <= numbers.max() < num_classes:
        raise ValueError(
            f"`{name}` must be in [0, num_classes). Received: num_classes={num_classes}, "
            f"{name} from {numbers.min()} to {numbers.max()}"
        )
    return numbers.astype("int64")
