"""The error of an array that is wanted of something that is none."""

from typing import ClassVar, NoReturn


class _NoShape:
    """An attribute that is not there, and says what to do; a subclass may have one."""

    def __get__(self, instance: object, owner: "type[NoArray]") -> NoReturn:
        raise AttributeError(owner._how_to_batch())


class NoArray:
    """An object that somebody may give to `fit`, and must make batches of first.

    Keras asks what it does not know for its shape, and NumPy for an array.
    """

    # What it is called, and the code that makes batches of it.
    _batches: ClassVar[tuple[str, str]]

    shape = _NoShape()

    def __array__(self, *args: object, **options: object) -> NoReturn:
        """Refuse, and say what to do."""
        raise TypeError(self._how_to_batch())

    def __getitem__(self, index: object) -> NoReturn:
        """Refuse, and say what to do."""
        raise TypeError(
            f"`[...]` must be asked of an array or a list. Received: {self._batches[0]}. Paired "
            "rows are divided by `records.split(test=0.25)`, in place of scikit-learn's "
            "`train_test_split`, and `records.select(keys)` has fewer of them; "
            f"`{self._batches[1]}` has what a model reads."
        )

    @classmethod
    def _how_to_batch(cls) -> str:
        what, code = cls._batches
        return (
            f"`fit`, `evaluate` and `predict` must be given batches. Received: {what}. Give them "
            f"`{code}`, with `training=False` for all but `fit`."
        )
