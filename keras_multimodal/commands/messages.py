"""The library's sentences in the command line's terms."""

import argparse
import re
from collections.abc import Mapping

from keras_multimodal._disk_space import named_where_full
from keras_multimodal._options import TrainingOptions, declared
from keras_multimodal.errors import ArgumentError

_NAMES = {"source": "TABLE", "table": "TABLE", "run": "DIR", "timed": "--time"}
# An argument in backticks, or one that is set, as in `overwrite=True`.
_ARGUMENT = re.compile(r"`(\w+)(?:=True)?`")


def flags_of(arguments: argparse.Namespace) -> dict[str, str]:
    """Return the command line's name of each argument that the command takes.

    Args:
        arguments: What the parser has made of the words.
    """
    options = declared(TrainingOptions)
    flags = dict(_NAMES)
    for name in vars(arguments):
        if name not in flags:
            flags[name] = options[name].flag if name in options else f"--{name}"
    # "`baselines` is on" says the opposite of its flag.
    return {name: flag for name, flag in flags.items() if not flag.startswith("--no-")}


def in_flags(sentence: str, flags: Mapping[str, str]) -> str:
    """Return a sentence in which arguments in backticks have the command line's names.

    Args:
        sentence: The sentence of a finding, or of an error about an argument.
        flags: The command line's names, by argument.

    Example:

    >>> flags = {"group": "--group", "overwrite": "--overwrite"}
    >>> in_flags("Keep them together with `group`, or let `overwrite=True` replace `mean`", flags)
    'Keep them together with `--group`, or let `--overwrite` replace `mean`'
    """
    return _ARGUMENT.sub(
        lambda found: f"`{flags[found[1]]}`" if found[1] in flags else found[0], sentence
    )


def error_line(error: Exception, flags: Mapping[str, str]) -> str:
    """Return what is said of an error, in a line.

    Args:
        error: The error. Of one about an argument that the command takes, the argument and others
            that its sentence names have the command line's names; of another nothing is changed.
        flags: The command line's names, by argument.
    """
    about_argument = isinstance(error, ArgumentError) and error.argument in flags
    sentence = in_flags(str(error), flags) if about_argument else str(error)
    return " ".join(sentence.split())


def say(finding: object, flags: Mapping[str, str]) -> None:
    """Print a finding of the library.

    Args:
        finding: The finding, whose `str` says it.
        flags: The command line's names, by argument.

    Raises:
        FullDiskError: If it is printed to a file, and there is no room.
    """
    text = str(finding)
    if text:
        with named_where_full("standard output"):
            print(in_flags(text, flags), flush=True)
