"""What is said where an array is wanted of something that is none."""

from typing import ClassVar, NoReturn


class NoArray:
    """What somebody may give to `fit`, and must make batches of first.

    Keras asks what it does not know for its shape, and NumPy for an array.
    """

    # What it is called, and the code that makes batches of it.
    _batches: ClassVar[tuple[str, str]]

    def __array__(self, *args: object, **options: object) -> NoReturn:
        """Refuse, and say what to do."""
        raise TypeError(self._how_to_batch())

    @property
    def shape(self) -> NoReturn:
        """Refuses, and says what to do; to Python there is no such attribute."""
        raise AttributeError(self._how_to_batch())

    def _how_to_batch(self) -> str:
        what, code = self._batches
        return (
            f"`fit`, `evaluate` and `predict` must be given batches. Received: {what}. Give them "
            f"`{code}`, with `training=False` for all but `fit`."
        )
