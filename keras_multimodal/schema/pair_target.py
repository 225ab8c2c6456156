"""The description of a target that is which parts of records belong together."""

import dataclasses
from typing import ClassVar

from keras_multimodal.schema._json import tuples


@dataclasses.dataclass(frozen=True, kw_only=True)
class PairTarget:
    """A target that is the pairing itself: which parts of the records belong together.

    Args:
        name: The target's name.
        towers: The parts that are to find each other: what each is called, and its modalities,
            such as `(("photo", ("image",)), ("caption", ("text",)))`.

    Raises:
        ValueError: If there are fewer than two towers, or two share a name or a modality.

    Example:

    >>> PairTarget(towers=(("photo", ("image",)), ("offer", ("text", "table")))).names
    ('photo', 'offer')
    """

    kind: ClassVar[str] = "match"

    name: str = "match"
    towers: tuple[tuple[str, tuple[str, ...]], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "towers", tuples([list(tower) for tower in self.towers]))
        modalities = [name for _, members in self.towers for name in members]
        if (
            len(self.towers) < 2
            or len(set(self.names)) < len(self.towers)
            or not all(members for _, members in self.towers)
            or len(set(modalities)) < len(modalities)
            or not all(name.strip() for name in self.names)
        ):
            raise ValueError(
                "`towers` must be at least two, with names that differ and are not empty, each "
                "with modalities that are in no other. "
                f"Received: towers={self.towers}"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The towers' names, in order."""
        return tuple(name for name, _ in self.towers)
