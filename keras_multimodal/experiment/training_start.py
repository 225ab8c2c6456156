"""The finding that the training of a model begins."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class TrainingStart:
    """The training of a model begins, or goes on.

    Args:
        name: What the model is called.
        rows: How many rows it learns from.

    Example:

    >>> print(TrainingStart("all", rows=40))
    Training all on 40 rows
    """

    name: str
    rows: int

    def __str__(self) -> str:
        return f"Training {self.name} on {self.rows} rows"
