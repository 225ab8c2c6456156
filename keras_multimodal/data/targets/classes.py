"""Targets that are classes: how they are numbered."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from keras_multimodal.schema import ClassTarget

# What holds several classes of a row.
SEVERAL = (list, tuple, set, frozenset, np.ndarray)


def number(
    labels: Sequence[Any],
    keys: Sequence[Hashable],
    classes: Sequence[Any] | None,
    ordered: bool = False,
    argument: str = "labels",
) -> tuple[ClassTarget, np.ndarray]:
    """Return the classes, and the number of each row's class, `(rows,)` int32.

    Where rows have lists of classes: which each row has, `(rows, classes)` float32.

    Args:
        labels: The class of each row, or a list of them.
        keys: The rows' keys.
        classes: All classes, or `None`.
        ordered: Whether they are steps of a scale.
        argument: What the labels came with, for messages.
    """
    several = [isinstance(own, SEVERAL) for own in labels]
    if any(several) and not all(several):
        row = several.index(False)
        raise TypeError(
            f"`{argument}` must be one class for each row, or a list of classes for each row. "
            f"Received: lists, and {labels[row]!r} in row {keys[row]!r}"
        )
    multi_label = bool(several) and all(several)
    parts = [tuple(own) if multi_label else (own,) for own in labels]
    found = {label for own in parts for label in own}
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
    numbers = {label: number for number, label in enumerate(known)}
    for key, own in zip(keys, parts, strict=True):
        for label in own:
            if label not in numbers:
                raise ValueError(
                    f"`{argument}` must be among `classes` {known}. "
                    f"Received: {label!r} in row {key!r}"
                )
    names = tuple(str(label) for label in known)
    target = ClassTarget(classes=names, ordered=ordered, multi_label=multi_label)
    if not multi_label:
        return target, np.array([numbers[label] for label in labels], "int32")
    chosen = np.zeros((len(labels), len(known)), "float32")
    for row, own in enumerate(parts):
        chosen[row, [numbers[label] for label in own]] = 1
    return target, chosen
