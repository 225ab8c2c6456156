"""The labels of rows: how they are chosen, learned from, shown and put into batches.

Labels are one array, or several by target, as `Records.labels` has them. Where there are several, a
row that lacks one has -1 for its class, or NaN.
"""

from typing import Any

import numpy as np

from keras_multimodal.data.targets.numbers import learn_statistics
from keras_multimodal.schema import ClassTarget, NumberTarget, Targets
from keras_multimodal.schema.schema import Target

Labels = np.ndarray | dict[str, np.ndarray]


def take_labels(labels: Labels, rows: np.ndarray) -> Labels:
    """Return the labels of the given rows."""
    if isinstance(labels, dict):
        return {name: own[rows] for name, own in labels.items()}
    return labels[rows]


def learn_target(target: Target | None, labels: Labels | None) -> Target | None:
    """Return the target with what it learns of the training rows' labels.

    Raises:
        ValueError: If none of the rows has a label of one of several targets.
    """
    if isinstance(target, Targets) and isinstance(labels, dict):
        return Targets(tuple(_learn(own, labels[own.name]) for own in target))
    if isinstance(target, NumberTarget) and isinstance(labels, np.ndarray):
        return learn_statistics(target, labels)
    return target


def known(labels: np.ndarray) -> np.ndarray:
    """Return which rows have a label, `(rows,)` bool."""
    if labels.dtype.kind == "i":
        return labels >= 0
    return np.isfinite(labels).all(axis=1)


def strata(target: Target | None, labels: Labels | None) -> tuple[np.ndarray | None, list[str]]:
    """Return a number for each row by which parts are made alike, and the classes that it counts.

    It is the row's class, in the first target of which each row has one class; rows without it
    have the number after the last. `None` where there is no such target.
    """
    for name, own in named_targets(target).items():
        if isinstance(own, ClassTarget) and not own.multi_label and labels is not None:
            numbers = labels[name] if isinstance(labels, dict) else labels
            return np.where(numbers < 0, len(own.classes), numbers), list(own.classes)
    return None, []


def named_targets(target: Target | None) -> dict[str, Target]:
    """Return the targets by name: none, one or several."""
    if target is None:
        return {}
    return (
        {own.name: own for own in target} if isinstance(target, Targets) else {target.name: target}
    )


def shown_labels(target: Target | None, labels: Labels | None) -> dict[str, Any]:
    """Return the labels as a user wrote them, by column: names of classes, and numbers."""
    columns: dict[str, Any] = {}
    for name, own in named_targets(target).items():
        values = labels[name] if isinstance(labels, dict) else labels
        if values is None:
            continue
        if isinstance(own, ClassTarget):
            columns[name] = _names(own, values)
        elif isinstance(own, NumberTarget):
            columns |= dict(zip(own.columns, values.T, strict=True))
    return columns


def fed_labels(
    labels: Labels | None, weights: np.ndarray | None
) -> tuple[Labels | None, Labels | None]:
    """Return the labels and weights of the rows as `fit` takes them.

    Of several targets both are dicts; a label that is not there is 0, of weight 0.
    """
    if not isinstance(labels, dict):
        return labels, weights
    there = {name: known(own) for name, own in labels.items()}
    shares = {name: own.astype("float32") for name, own in there.items()}
    filled = {name: own.copy() for name, own in labels.items()}
    for name, own in filled.items():
        own[~there[name]] = 0
    if weights is None:
        return filled, shares
    return filled, {name: share * weights for name, share in shares.items()}


def _learn(target: ClassTarget | NumberTarget, labels: np.ndarray) -> ClassTarget | NumberTarget:
    there = known(labels)
    if not there.any():
        raise ValueError(
            "The training rows must have labels of each target. "
            f"Received: none of {target.name!r} in {len(labels)} rows"
        )
    return learn_statistics(target, labels[there]) if isinstance(target, NumberTarget) else target


def _names(target: ClassTarget, labels: np.ndarray) -> Any:
    classes = np.asarray(target.classes, object)
    if target.multi_label:
        there = known(labels)
        return [
            tuple(classes[own > 0]) if has else None for own, has in zip(labels, there, strict=True)
        ]
    return np.array([*classes, None], object)[labels]  # -1 is the last
