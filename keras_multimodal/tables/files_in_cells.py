"""Pictures and recordings that stand in a table's cells, brought to files."""

import base64
import binascii
import json
import os
import pathlib
import re
import urllib.parse
from collections.abc import Mapping

import pandas as pd

from keras_multimodal._folders import replace_folder
from keras_multimodal.data.sources.data_sets import MARKER
from keras_multimodal.data.sources.file_kinds import file_ending
from keras_multimodal.schema.cell_looks import is_file_struct, text_of_bytes
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.types import Cell

_MOST = 0.9  # the share of a column's cells that must hold files
_UNKNOWN = ".bin"  # the ending of what is no format that is known: reading it says so
_DATA_URL = re.compile(r"data:[^,]{0,200},", re.IGNORECASE)
_SHORTEST = 32  # letters of a file in base64
_LONGEST = 50  # letters of a folder's name
_FIRST = 100  # cells by which a column of texts is told from one of files


def with_texts(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame in which bytes are texts, where all of a column are text in UTF-8.

    Args:
        frame: The rows.
    """
    texts = {}
    for name in frame.columns:
        cells = frame[name]
        if cells.dtype == object and any(isinstance(cell, bytes) for cell in cells):
            decoded = [text_of_bytes(cell) if isinstance(cell, bytes) else cell for cell in cells]
            if not any(
                text is None and isinstance(cell, bytes)
                for text, cell in zip(decoded, cells, strict=True)
            ):
                texts[name] = pd.Series(decoded, frame.index, object)
    return frame.assign(**texts)


def bring_to_files(
    frame: pd.DataFrame, directory: str | os.PathLike[str] | None, overwrite: bool
) -> pd.DataFrame | None:
    """Write the pictures and recordings in a frame's cells to files; return it with their names.

    They stand there as bytes, in the structs of Hugging Face, as data URLs or in base64, and go to
    `directory/<column>/<row>.<ending>`, as `data.read_dataset` writes them; what no folder should
    be called is left out of the column's name. Structs that name files become the files' names.

    Args:
        frame: The rows.
        directory: The folder. It appears once all is written, or not at all.
        overwrite: Whether a folder that an earlier call wrote may be replaced.

    Returns:
        The frame with the files' paths; `None` where there is nothing to write, or no folder.

    Raises:
        ArgumentError: If the folder holds other things.
    """
    found: dict[str, list[bytes | str | None]] = {}
    for name in frame.columns:
        numeric = pd.api.types.is_numeric_dtype(frame[name])
        contents = None if numeric else _contents(frame[name].tolist())
        if contents is not None:
            found[name] = contents
    if directory is None or not found:
        return None
    home = pathlib.Path(directory).resolve()
    folders = _folder_names(list(found))
    with replace_folder(home, overwrite, marker=MARKER) as written:
        cells = {
            name: _written(contents, frame.index, written / folders[name], home / folders[name])
            for name, contents in found.items()
        }
        listed = {"rows": len(frame), "files": dict.fromkeys(found, "cells")}
        written.mkdir(exist_ok=True)
        (written / MARKER).write_text(json.dumps(listed, indent=2), "utf-8")
    columns = {name: pd.Series(cells[name], frame.index, object) for name in cells}
    return frame.assign(**columns)


def _folder_names(columns: list[str]) -> dict[str, str]:
    """Return what the folder of each column is called."""
    names: dict[str, str] = {}
    for column in columns:
        name = re.sub(r"\W+", "_", column)[:_LONGEST] or "column"
        while name in names.values():
            name += "_"
        names[column] = name
    return names


def _written(
    contents: list[bytes | str | None], rows: pd.Index, folder: pathlib.Path, home: pathlib.Path
) -> list[str | None]:
    """Return the names of files once the folder is where it belongs."""
    names: list[str | None] = []
    folder.mkdir(parents=True, exist_ok=True)
    for row, content in zip(rows, contents, strict=True):
        if isinstance(content, bytes):
            file = f"{row}{file_ending(content) or _UNKNOWN}"
            (folder / file).write_bytes(content)
            names.append(str(home / file))
        else:
            names.append(content)
    return names


def _contents(cells: list[Cell]) -> list[bytes | str | None] | None:
    """Return a column's files, their bytes or names; `None` where it is none of files."""
    contents: list[bytes | str | None] = []
    known = given = 0
    for cell in cells:
        if is_missing(cell) or _is_empty(cell):
            contents.append(None)
            continue
        content = _content(cell)
        if content is None:
            return None  # a cell of something else
        contents.append(content)
        given += 1
        if isinstance(content, bytes):
            known += file_ending(content) is not None
        else:  # in a struct it is a file's name, as a text perhaps another text
            known += isinstance(cell, Mapping)
        if given == _FIRST and not known:
            return None
    return contents if given and known >= _MOST * given else None


def _content(cell: Cell) -> bytes | str | None:
    """Return the bytes of the file in a cell, or else its name; `None` where it is neither."""
    if isinstance(cell, (bytes, bytearray, memoryview)):
        return bytes(cell)
    if isinstance(cell, str):
        content = _from_text(cell.strip())
        return cell if content is None else content
    if not is_file_struct(cell):
        return None
    content = cell["bytes"]
    if not content:
        return str(cell["path"])
    if isinstance(content, str):  # as JSON has it
        return _from_base64(content) or content.encode()
    return bytes(content)


def _is_empty(cell: Cell) -> bool:
    if is_file_struct(cell):
        return not cell["bytes"] and not cell.get("path")
    return isinstance(cell, bytes) and not cell


def _from_text(text: str) -> bytes | None:
    start = _DATA_URL.match(text)
    if start is None:
        return _from_base64(text) if len(text) >= _SHORTEST else None
    if start[0].lower().endswith(";base64,"):
        return _from_base64(text[start.end() :])
    return urllib.parse.unquote_to_bytes(text[start.end() :])


def _from_base64(text: str) -> bytes | None:
    letters = "".join(text.split()).translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
