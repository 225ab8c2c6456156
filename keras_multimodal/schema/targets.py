"""The description of several targets of one model."""

import collections
import dataclasses
from collections.abc import Iterator
from typing import Any, ClassVar

from keras_multimodal.schema.class_target import ClassTarget
from keras_multimodal.schema.number_target import NumberTarget


@dataclasses.dataclass(frozen=True)
class Targets:
    """Several targets of a record, each classes or numbers, by their names.

    Args:
        targets: Their descriptions, two or more. A model's outputs are called by their
            names.

    Raises:
        TypeError: If one is neither a `ClassTarget` nor a `NumberTarget`.
        ValueError: If there are fewer than two, or names repeat, are empty or are what
            an exported model calls another's probabilities.

    Example:

    >>> mood = ClassTarget(name="mood", classes=("good", "bad"))
    >>> targets = Targets((mood, NumberTarget(name="price", columns=("price",))))
    >>> targets.names
    ('mood', 'price')
    >>> targets["mood"].classes
    ('good', 'bad')
    """

    kind: ClassVar[str] = "targets"

    targets: tuple[ClassTarget | NumberTarget, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "targets", tuple(self.targets))
        for target in self.targets:
            if not isinstance(target, (ClassTarget, NumberTarget)):
                raise TypeError(
                    "`targets` must be descriptions of classes or numbers, `ClassTarget` or "
                    "`NumberTarget`. "
                    f"Received: {target!r}"
                )
        served = [*self.names, *map(probabilities_name, self.names)]
        repeated = [name for name, count in collections.Counter(served).items() if count > 1]
        empty = [name for name in self.names if not name.strip()]
        if len(self.targets) < 2 or repeated or empty:
            raise ValueError(
                "`targets` must be two or more, with names that differ from each other and from "
                "each other's `_probabilities`, and are not empty; rename a frame's columns "
                f"with `frame.rename(columns=...)`. Received: names={list(self.names)}"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The targets' names, in order."""
        return tuple(target.name for target in self.targets)

    def __iter__(self) -> Iterator[ClassTarget | NumberTarget]:
        return iter(self.targets)

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, name: str) -> Any:
        for target in self.targets:
            if target.name == name:
                return target
        raise KeyError(f"No target named {name!r}. The targets are {list(self.names)}.")


def probabilities_name(name: str) -> str:
    """Return what an exported model calls the probabilities of a target's classes."""
    return f"{name}_probabilities"
