"""The library's sentences in the command line's terms."""

import re
from collections.abc import Mapping

from keras_multimodal._options import TrainingOptions, declared

_FLAGS: dict[str, str] = {
    **{name: option.flag for name, option in declared(TrainingOptions).items()},
    **{name: f"--{name}" for name in ("config", "resume", "overwrite", "data")},
    "source": "TABLE",
    "run": "DIR",
}
# An argument in backticks, or one that is set, as in `overwrite=True`.
_ARGUMENT = re.compile(r"`(\w+)(?:=True)?`")


def in_flags(sentence: str, flags: Mapping[str, str] = _FLAGS) -> str:
    """Return a sentence in which arguments in backticks have the command line's names.

    Args:
        sentence: The sentence of an error or a finding.
        flags: The command line's names, by argument.

    Example:

    >>> in_flags("Keep them together with `group`, or let `overwrite=True` replace the `mean`")
    'Keep them together with `--group`, or let `--overwrite` replace the `mean`'
    """
    return _ARGUMENT.sub(
        lambda found: f"`{flags[found[1]]}`" if found[1] in flags else found[0], sentence
    )


def error_line(error: Exception) -> str:
    """Return what is said of an error, in a line.

    Args:
        error: The error.
    """
    return " ".join(in_flags(str(error)).split())


def say(finding: object) -> None:
    """Print a finding of the library.

    Args:
        finding: The finding, whose `str` says it.
    """
    text = str(finding)
    if text:
        print(in_flags(text), flush=True)
