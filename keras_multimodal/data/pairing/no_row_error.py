"""The error of pairing what has no row in common."""

from collections.abc import Sequence

from keras_multimodal.data.pairing.verification import Unreadable


class NoRowError(ValueError):
    """The error that no row has everything that it must have.

    Args:
        message: The message.
        unreadable: The cells that cannot be read.
    """

    def __init__(self, message: str, unreadable: Sequence[Unreadable] = ()) -> None:
        super().__init__(message)
        self.unreadable = tuple(unreadable)
