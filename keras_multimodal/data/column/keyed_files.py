"""The files that a frame or a folder lists, by key: what every maker of columns begins with."""

import dataclasses
import os
import pathlib
from collections.abc import Callable, Hashable, Sequence
from typing import Literal, Self

from keras_multimodal.data.column.cells import frame_column, frame_keys, string_cells
from keras_multimodal.data.column.files import check_files, existing_folder
from keras_multimodal.data.column.frames import as_frame
from keras_multimodal.types import Cell, Frame


@dataclasses.dataclass(frozen=True)
class KeyedFiles:
    """Files by key.

    Args:
        keys: One key for each row.
        names: The files' names as they are listed; an empty string is a row without a file.
        paths: The files' paths; an empty string is a row without a file.
        source: Where the names come from, for error messages.
    """

    keys: list[Hashable]
    names: list[str]
    paths: list[str]
    source: str

    def part(self, rows: slice) -> Self:
        """Return some of the rows."""
        return dataclasses.replace(
            self, keys=self.keys[rows], names=self.names[rows], paths=self.paths[rows]
        )

    def check(self, kind: str) -> None:
        """Refuse files that are missing or empty.

        Args:
            kind: What the files hold, for the message, such as `"picture"`.
        """
        check_files(self.paths, self.keys, self.source, kind)


def frame_strings(
    dataframe: Frame,
    columns: Sequence[str],
    key: str | None,
    argument: str = "column",
    convert: Callable[[Cell], Cell] | None = None,
) -> tuple[list[Hashable], list[list[str]]]:
    """Return the key of each row of a frame, and the strings of some of its columns.

    Args:
        dataframe: The frame, or the path of its file; see `as_frame`.
        columns: The columns' names.
        key: The column of keys; the frame's index for `None`.
        argument: The caller's argument that names the columns, for messages.
        convert: What makes a string of a cell that is none. Default `None`: nothing does.

    Raises:
        TypeError: If it is no frame, or a cell is no string.
        ValueError: If a column is missing, or a key is.
    """
    frame = as_frame(dataframe, key, as_text=columns)
    keys = frame_keys(frame, key)
    found = []
    for column in columns:
        cells = frame_column(frame, column, argument)
        cells = cells if convert is None else map(convert, cells)
        found.append(string_cells(cells, keys, f"column {column!r}"))
    return keys, found


def frame_files(
    dataframe: Frame,
    column: str,
    directory: str | os.PathLike[str] | None,
    key: str | None,
    argument: str = "column",
) -> KeyedFiles:
    """Return the files that a column of a frame names.

    Args:
        dataframe: The frame, or the path of its file; see `as_frame`.
        column: The column of file names; an empty cell is a row without a file.
        directory: Folder that the names are relative to. Without it they are paths.
        key: The column of keys; the frame's index for `None`.
        argument: The caller's argument that names the column, for messages.

    Raises:
        FileNotFoundError: If the folder is missing.
        TypeError: If it is no frame, or a cell is no string.
        ValueError: If a column is missing, or a key is.
    """
    keys, (names,) = frame_strings(dataframe, [column], key, argument)
    root = "" if directory is None else existing_folder(directory)
    paths = [name and os.path.join(root, name) for name in names]
    return KeyedFiles(keys, names, paths, f"column {column!r}")


def folder_files(directory: str, names: Sequence[str], key: Literal["path", "stem"]) -> KeyedFiles:
    """Return files of a folder.

    Args:
        directory: The folder.
        names: The files' paths relative to it.
        key: A row's key: `"path"`, that of `names`, or `"stem"`, the file's name without folder
            and extension.
    """
    if key not in ("path", "stem"):
        raise ValueError(f"`key` must be 'path' or 'stem'. Received: key={key!r}")
    return KeyedFiles(
        [pathlib.PurePath(name).stem if key == "stem" else name for name in names],
        list(names),
        [os.path.join(directory, name) for name in names],
        f"folder {directory!r}",
    )
