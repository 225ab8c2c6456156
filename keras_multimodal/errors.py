"""Errors that carry what a caller needs to say them in other words."""

__all__ = ["ArgumentError", "MissingFileError"]


class ArgumentError(ValueError):
    """An argument is wrong; the error knows which, and what is wrong with it.

    The message begins with the argument's name in backticks. Other arguments that the sentence
    names stand in backticks, too. A caller that has other names for them, as the command line has,
    takes the sentence from the attributes.

    Args:
        argument: The argument's name.
        problem: The rest of the sentence: what the argument must be, and what was received.
        remedy: A sentence in terms of the function that raises the error: what to do.

    Example:

    >>> error = ArgumentError("epochs", "must be at least 1. Received: 0")
    >>> print(error)
    `epochs` must be at least 1. Received: 0
    >>> print(error.renamed("steps"))
    `steps` must be at least 1. Received: 0
    """

    def __init__(self, argument: str, problem: str, remedy: str = "") -> None:
        super().__init__(f"`{argument}` {problem}{remedy and ' '}{remedy}")
        self.argument = argument
        self.problem = problem
        self.remedy = remedy

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        return type(self), (self.argument, self.problem, self.remedy)

    def renamed(self, argument: str) -> "ArgumentError":
        """Return the error of a caller's own argument, which was handed on under another name.

        The remedy is left out: it is in terms of the function that was called.

        Args:
            argument: The caller's argument.
        """
        return type(self)(argument, self.problem)


class MissingFileError(ArgumentError, FileNotFoundError):
    """An argument names a file or a folder that is not there.

    Args:
        argument: The argument's name.
        problem: The rest of the sentence; see `ArgumentError`.
        remedy: What to do; see `ArgumentError`.

    Example:

    >>> error = MissingFileError("path", "must be a file. Received: 'no.csv'")
    >>> isinstance(error, FileNotFoundError), error.argument
    (True, 'path')
    """
