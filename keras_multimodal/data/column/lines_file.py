"""Text files with a text in each line."""

import codecs
import os
import pathlib

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
    return pathlib.Path(path).suffix.lower() == _ENDING


def read_lines(path: str | os.PathLike[str]) -> list[str]:
    """Return the lines of a file in UTF-8; empty ones too, but for those at its end.

    Args:
        path: The file.

    Raises:
        ValueError: If it is of another encoding. The message names the line.
    """
    content = pathlib.Path(path).read_bytes().removeprefix(codecs.BOM_UTF8)
    lines = content.rstrip(b"\r\n").splitlines()
    texts = []
    for number, line in enumerate(lines, 1):
        try:
            texts.append(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{os.fspath(path)!r} cannot be read: line {number} is not UTF-8 ({error.reason}). "
                "Save it as UTF-8, or open it with its `encoding`, and give the list of its lines."
            ) from None
    return texts
