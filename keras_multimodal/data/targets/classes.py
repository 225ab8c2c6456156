"""How classes are numbered."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from keras_multimodal.schema.column_kind import class_name
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
) -> tuple[tuple[str, ...], Mapping[Any, int]]:
    """Return the names of all classes, in the order of their numbers, and each label's number.

    Args:
        labels: The classes of each row, be they one or several.
        keys: The rows' keys.
        classes: All classes, or `None` for those that occur, sorted. Labels may be these, or their
            names.
        argument: What the labels came with, for messages.

    Raises:
        TypeError: If classes are to be sorted that are of several types, or one is no class.
        ValueError: If there are fewer than two, or one is not among those that there are to be.
    """
    names = _names(labels, keys, argument)
    try:
        # By their values, so that 10 comes after 9.
        known = sorted(names, key=_sorted_as) if classes is None else list(classes)
    except TypeError:
        raise TypeError(
            f"`{argument}` must be of one type. Received: labels of types "
            f"{sorted({type(label).__name__ for label in names})}"
        ) from None
    known_names = tuple(dict.fromkeys(map(class_name, known)))
    if classes is None:
        check_count(known_names, len(labels), argument)
    numbers = {name: number for number, name in enumerate(known_names)}
    numbers.update({each: numbers[class_name(each)] for each in known})
    for key, row_labels in zip(keys, labels, strict=True):
        for label in row_labels:
            if label not in numbers and names[label] not in numbers:
                raise ValueError(
                    f"`{argument}` must be among `classes` {known}. "
                    f"Received: {label!r} in row {key!r}"
                )
    return known_names, {
        label: numbers[label if label in numbers else name] for label, name in names.items()
    }


def check_count(names: Sequence[str], rows: int, argument: str) -> None:
    """Refuse fewer than two classes.

    Args:
        names: The names of the classes that occur.
        rows: How many rows there are.
        argument: What the labels came with, for messages.
    """
    if len(names) < 2:
        raise ValueError(
            f"`{argument}` must have at least two classes. "
            f"Received: {rows} rows of the one class {names[0]!r}"
            if names
            else f"`{argument}` must have at least two classes. Received: lists without any"
        )


def _names(
    labels: Sequence[Sequence[Any]], keys: Sequence[Hashable], argument: str
) -> dict[Any, str]:
    """Return the name of each label that occurs."""
    names: dict[Any, str] = {}
    for key, row_labels in zip(keys, labels, strict=True):
        for label in row_labels:
            try:
                if label not in names:
                    names[label] = class_name(label)
            except (TypeError, UnicodeDecodeError):  # unhashable; bytes of something else
                raise TypeError(
                    f"`{argument}` must be classes: names, numbers, or bytes in UTF-8. "
                    f"Received: {label!r}, a {type(label).__name__}, in row {key!r}"
                ) from None
    return names


def _sorted_as(label: Any) -> Any:
    return class_name(label) if isinstance(label, bytes) else label
