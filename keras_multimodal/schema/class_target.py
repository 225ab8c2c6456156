"""The description of a target that is one of several classes, or some of them."""

import dataclasses
from typing import ClassVar

from keras_multimodal._inner_names import inner_name


@dataclasses.dataclass(frozen=True, kw_only=True)
class ClassTarget:
    """A target that is one of several classes, or with `multi_label` any number of them.

    Args:
        name: The target's name.
        classes: The class names; the model's output `i` is the probability of `classes[i]`.
        ordered: Whether the classes are steps of a scale, such as grades, from the first on.
        multi_label: Whether a row may be of several classes, or of none.

    Raises:
        ValueError: If there are fewer than two classes, or two are the same; or if the classes are
            to be both steps of a scale and several in a row.

    Example:

    >>> ClassTarget(classes=("cat", "dog")).name
    'label'
    """

    kind: ClassVar[str] = "category"

    name: str = "label"
    classes: tuple[str, ...]
    ordered: bool = False
    multi_label: bool = False

    def __post_init__(self) -> None:
        if len(self.classes) < 2 or len(set(self.classes)) < len(self.classes):
            raise ValueError(
                "`classes` must be at least two different names. "
                f"Received: classes={list(self.classes)}"
            )
        if self.ordered and self.multi_label:
            raise ValueError(
                "`ordered` must go without `multi_label`: a row is at one step of a scale. "
                "Received: both"
            )

    @property
    def inner_name(self) -> str:
        """The name of one of several outputs: `name`, or what is made of it for TensorFlow."""
        return inner_name(self.name)
