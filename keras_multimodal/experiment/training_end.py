"""The finding that the training of a model has ended."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class TrainingEnd:
    """The training of a model has ended.

    Args:
        name: What the model is called.
        epochs: How many epochs are done.
        best: The number of the epoch whose weights it has, from 1.
        stopped: What ended it before the last epoch; `""` if nothing did.
        monitor: The measure that tells which epoch is best.

    Example:

    >>> print(TrainingEnd("all", epochs=12, best=4, stopped="no better for 8 epochs"))
    all: best of 12 epochs is number 4, by validation loss, no better for 8 epochs
    """

    name: str
    epochs: int
    best: int
    stopped: str
    monitor: str = "val_loss"

    def __str__(self) -> str:
        stopped = f", {self.stopped}" if self.stopped else ""
        measure = self.monitor.replace("val_", "validation ")
        return (
            f"{self.name}: best of {self.epochs} epochs is number {self.best}, by {measure}"
            f"{stopped}"
        )
