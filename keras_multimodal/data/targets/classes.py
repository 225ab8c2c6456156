"""How classes are numbered."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from keras_multimodal.types import Cell

# What holds several classes of a row.
SEVERAL = (list, tuple, set, frozenset, np.ndarray)


def hold_several(labels: Sequence[Cell], keys: Sequence[Hashable], argument: str) -> bool:
    """Return whether rows have lists of classes, and not one class each.

    Args:
        labels: The class of each row, or a list of them.
        keys: The rows' keys.
        argument: What the labels came with, for messages.

    Raises:
        TypeError: If some rows have a list, and others a class.
    """
    several = [isinstance(label, SEVERAL) for label in labels]
    if any(several) and not all(several):
        row = several.index(False)
        raise TypeError(
            f"`{argument}` must be one class for each row, or a list of classes for each row. "
            f"Received: lists, and {labels[row]!r} in row {keys[row]!r}"
        )
    return any(several)


def find_classes(
    labels: Sequence[Sequence[Any]],
    keys: Sequence[Hashable],
    classes: Sequence[Any] | None,
    argument: str,
) -> list[Any]:
    """Return all classes, in the order of their numbers.

    Args:
        labels: The classes of each row, be they one or several.
        keys: The rows' keys.
        classes: All classes, or `None` for those that occur, sorted.
        argument: What the labels came with, for messages.

    Raises:
        TypeError: If classes are to be sorted that are of several types.
        ValueError: If there are fewer than two, or one is not among those that there are to be.
    """
    found = {label for row_labels in labels for label in row_labels}
    try:
        known = sorted(found) if classes is None else list(classes)
    except TypeError:
        raise TypeError(
            f"`{argument}` must be of one type. Received: labels of types "
            f"{sorted({type(label).__name__ for label in found})}"
        ) from None
    if classes is None and len(known) < 2:
        raise ValueError(
            f"`{argument}` must have at least two classes. "
            f"Received: {len(labels)} rows of the one class {known[0]!r}"
            if known
            else f"`{argument}` must have at least two classes. Received: lists without any"
        )
    allowed = set(known)
    for key, row_labels in zip(keys, labels, strict=True):
        for label in row_labels:
            if label not in allowed:
                raise ValueError(
                    f"`{argument}` must be among `classes` {known}. "
                    f"Received: {label!r} in row {key!r}"
                )
    return known
