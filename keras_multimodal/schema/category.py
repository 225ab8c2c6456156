"""The description of a target that is one of several classes."""

import dataclasses
from typing import ClassVar


@dataclasses.dataclass(frozen=True, kw_only=True)
class Category:
    """A target that is one of several classes.

    Args:
        name: The target's name.
        classes: The class names; the model's output `i` is the probability of `classes[i]`.
        ordered: Whether the classes are steps of a scale, such as grades, from the first on.

    Raises:
        ValueError: If there are fewer than two classes, or two are the same.

    Example:

    >>> Category(classes=("cat", "dog")).name
    'label'
    """

    kind: ClassVar[str] = "category"

    name: str = "label"
    classes: tuple[str, ...]
    ordered: bool = False

    def __post_init__(self) -> None:
        if len(self.classes) < 2 or len(set(self.classes)) < len(self.classes):
            raise ValueError(
                "`classes` must be at least two different names. "
                f"Received: classes={list(self.classes)}"
            )
