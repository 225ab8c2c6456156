"""The description of a target that is one number or several."""

import dataclasses
from typing import ClassVar

from keras_multimodal._inner_names import inner_name
from keras_multimodal.schema._statistics import check_statistics


@dataclasses.dataclass(frozen=True, kw_only=True)
class NumberTarget:
    """A target that is one number or several, in the user's units.

    Args:
        name: The target's name.
        columns: What each number is called, such as `("price",)`.
        mean: The mean of each over the training rows; empty until learned.
        std: The standard deviation of each, likewise.
        float64: Whether float32 would lose digits of a number, such as of seconds since 1970;
            labels and answers are then float64.

    Raises:
        ValueError: If there is no column, or two are called the same, or the statistics don't fit.

    Example:

    >>> NumberTarget(columns=("price", "age")).name
    'value'
    """

    kind: ClassVar[str] = "number"

    name: str = "value"
    columns: tuple[str, ...] = ("value",)
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    float64: bool = False

    def __post_init__(self) -> None:
        if not self.columns or len(set(self.columns)) < len(self.columns):
            raise ValueError(
                "`columns` must be names that differ, at least one. "
                f"Received: columns={self.columns}"
            )
        check_statistics(self, len(self.columns), "column")

    @property
    def inner_name(self) -> str:
        """The name of one of several outputs: `name`, or what is made of it for TensorFlow."""
        return inner_name(self.name)
