"""Text files with a text in each line."""

import os
import re
import warnings

from keras_multimodal.data.column.text_file import TextFile, plain_suffix
from keras_multimodal.errors import MissingFileError

_ENDING = ".txt"


def is_lines_file(path: str | os.PathLike[str]) -> bool:
    """Return whether a file has a text in each line, by its ending.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: If there is none.
    """
    if not os.path.isfile(path):
        raise MissingFileError(
            "data",
            "must be texts by key, a list of them, or the path of a file. Received: "
            f"{os.fspath(path)!r}, which is no file. One text is a list of one.",
        )
    return plain_suffix(path) == _ENDING


def read_lines(path: str | os.PathLike[str], encoding: str | None = None) -> list[str]:
    """Return the lines of a text file; empty ones too, but for those at its end.

    An encoding that had to be guessed is warned of.

    Args:
        path: The file.
        encoding: Its encoding. Default `None`: as its bytes show.

    Raises:
        ArgumentError: If its encoding cannot be told.
        ValueError: If it is of another encoding. The message names the line.
    """
    file = TextFile.find(path, encoding)
    if file.guessed:
        warnings.warn(f"{file.note}.", stacklevel=3)
    text = file.read().rstrip("\r\n")
    return re.split(r"\r\n|\r|\n", text) if text else []
