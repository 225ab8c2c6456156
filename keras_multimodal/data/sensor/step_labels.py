"""From a label for each step to one for each window."""

import numbers
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy as np

from keras_multimodal.schema.missing_cells import is_missing

LabelRule = Literal["majority", "last", "any"]


def label_numbers(labels: Iterable[Any], classes: dict[Any, int]) -> np.ndarray:
    """Return the number of each step's class, `(steps,)` int32; -1 where a step has no label.

    Args:
        labels: The steps' labels; `None`, NaN, `pd.NA` and `""` are steps without one.
        classes: The classes' numbers; those that are new are added.
    """
    return np.array(
        [-1 if is_missing(label) else classes.setdefault(label, len(classes)) for label in labels],
        "int32",
    )


def label_chooser(rule: LabelRule, classes: Sequence[Any]) -> Callable[[np.ndarray], Any]:
    """Return the function from the numbers of a window's steps to the window's label.

    It returns `None` where no step has a label.

    Args:
        rule: See `SensorColumn.window_labels`.
        classes: The classes by their numbers.

    Raises:
        ValueError: If there is no such rule, or `"any"` is asked of what isn't true or false.

    Example:

    >>> steps = np.array([-1, 1, 0, 0])
    >>> label_chooser("majority", ["rest", "walk"])(steps)
    'rest'
    """
    if rule not in ("majority", "last", "any"):
        raise ValueError(f"`rule` must be 'majority', 'last' or 'any'. Received: rule={rule!r}")
    if rule == "any":
        for label in classes:
            if not isinstance(label, (numbers.Real, np.bool_)):
                raise ValueError(
                    "`rule='any'` must go with labels that are true or false, or numbers. "
                    f"Received: the label {label!r}"
                )
    true = np.array([bool(label) for label in classes])

    def choose(steps: np.ndarray) -> Any:
        steps = steps[steps >= 0]
        if not len(steps):
            return None
        if rule == "any":
            return bool(true[steps].any())
        if rule == "last":
            return classes[steps[-1]]
        counts = np.bincount(steps)[steps]
        return classes[steps[counts.argmax()]]  # of equals the one that comes first

    return choose
