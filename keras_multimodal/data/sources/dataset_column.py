"""One column of a dataset, cell by cell; its pictures and recordings go to files."""

import os
import pathlib
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import tensorflow as tf

from keras_multimodal.data.sources.file_kinds import file_ending
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema.file_endings import ENDINGS
from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.types import Cell, Tensors

FILES = ("pictures", "recordings")


class DatasetColumn:
    """The cells of one column.

    Args:
        name: The column's name; its files go to the folder of that name.
        written: The folder to write to; `None` for none.
        directory: The folder's path once all is written, which the cells name.

    Raises:
        ValueError: As cells are added, if one cannot be a cell; it names the column and the row.
    """

    def __init__(self, name: str, written: pathlib.Path | None, directory: str) -> None:
        self.name = name
        # What its cells hold: of one kind, but for those that hold nothing.
        self.kind = ""
        self.cells: list[Any] = []
        self._written = written
        self._directory = directory

    def append(self, value: Cell) -> None:
        """Add the next row's cell."""
        value = self._plain(value)
        if isinstance(value, (bytes, str)):
            cell = self._string(value)
        elif isinstance(value, (list, np.ndarray)):
            cell = self._array(value)
        else:
            if not is_missing(value):
                self._is("numbers")
            cell = value
        self.cells.append(cell)

    def series(self) -> pd.Series:
        """Return the column."""
        if self.kind in ("arrays", "lists of texts"):
            # Filled one by one: pandas would take arrays of one shape for a table.
            cells = np.empty(len(self.cells), object)
            for row, cell in enumerate(self.cells):
                cells[row] = cell
            return pd.Series(cells)
        if self.kind != "numbers":
            return pd.Series(self.cells)
        numbers = [None if is_missing(cell) else cell for cell in self.cells]
        given = [number for number in numbers if number is not None]
        if len(given) < len(numbers) and all(type(n) is int and abs(n) < 2**63 for n in given):
            return pd.Series(numbers, dtype="Int64")  # as floats, large ones would change
        return pd.Series(numbers)

    def _plain(self, value: Cell) -> Tensors:
        """Return the value as a number, a string, a list of strings or an array."""
        if isinstance(value, tf.Tensor):
            value = value.numpy()
        if isinstance(value, os.PathLike):
            return os.fspath(value)
        if isinstance(value, (list, tuple)) and all(isinstance(v, (str, bytes)) for v in value):
            return list(value)
        if isinstance(value, (bytes, str, bool, int, float)) or is_missing(value):
            return value.item() if isinstance(value, np.generic) else value
        if hasattr(value, "getbands"):
            value = self._pixels(value)
        elif not (isinstance(value, (list, tuple)) or hasattr(value, "__array__")):
            self._refuse(value)
        try:
            array = np.asarray(value)
        except ValueError:  # lists of different lengths
            self._refuse(value)
        if array.dtype == tf.bfloat16.as_numpy_dtype:
            array = array.astype("float32")
        if array.dtype.kind in "SUO" and array.ndim == 1:
            return array.tolist()
        if array.dtype.kind not in "SUbiuf" or (array.dtype.kind in "SU" and array.ndim):
            self._refuse(value)
        return array if array.ndim else array.item()

    def _pixels(self, picture: Any) -> np.ndarray:
        """Return the pixels of a picture of Pillow."""
        if picture.mode not in ("L", "RGB", "RGBA"):
            self._refuse(picture, "; a picture of Pillow is of mode L, RGB or RGBA")
        pixels = np.asarray(picture)
        return pixels[..., None] if picture.mode == "L" else pixels

    def _string(self, value: bytes | str) -> str:
        if not value:
            return ""
        ending = file_ending(value) if isinstance(value, bytes) else None
        if isinstance(value, bytes) and ending:
            return self._file(
                "pictures" if ending in ENDINGS["image"] else "recordings", value, ending
            )
        self._is("texts")
        return self._text(value)

    def _text(self, value: Cell) -> str:
        if isinstance(value, str):
            return value
        if not isinstance(value, bytes) or file_ending(value):
            self._refuse([value])
        try:
            return value.decode()
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{self._here} must be text in UTF-8, or a picture or recording in a format that "
                f"is read. Received: {value[:16]!r}... ({error.reason} at byte {error.start}). "
                "Put it right, or leave the column out with `columns=`."
            ) from error

    def _array(self, value: list[Any] | np.ndarray) -> Any:
        if isinstance(value, list):
            if value:
                self._is("lists of texts")
            return [self._text(text) for text in value]
        if value.ndim == 3 and value.dtype in (np.uint8, np.uint16):
            if value.shape[-1] not in (1, 3, 4) or not value.size:
                self._refuse(value, "; pictures have 1, 3 or 4 channels, which come last")
            # Six times as fast as the default, for files that are a sixth larger and are read as
            # fast.
            content = tf.io.encode_png(value, compression=1).numpy()
            return self._file("pictures", content, ".png")
        if value.ndim == 2 and value.dtype in (np.uint8, np.uint16):
            self._refuse(
                value, "; give pictures an axis for their channel, and numbers another type"
            )
        if value.ndim > 2:
            more = "; pictures are uint8 or uint16" if value.ndim == 3 else ""
            self._refuse(value, more or "; take batches apart with `unbatch()`")
        self._is("arrays")
        return value

    def _file(self, kind: str, content: bytes, ending: str) -> str:
        self._is(kind)
        if self._written is None:
            raise ArgumentError(
                "directory",
                "must be given where there are pictures or recordings, which are written to it. "
                f"Received: directory=None, and {kind} in column {self.name!r}",
            )
        folder = self._written.joinpath(*self._parts())
        folder.mkdir(parents=True, exist_ok=True)
        file = f"{len(self.cells)}{ending}"
        with open(folder / file, "xb") as stream:
            stream.write(content)
        return os.path.join(self._directory, *self._parts(), file)

    def _parts(self) -> list[str]:
        """Return the names of the folders, one within the other, that its files go to."""
        parts = self.name.split("/")
        if any(part in ("", ".", "..") or set(part) & {"\0", os.sep} for part in parts):
            raise ValueError(
                "`dataset` must have names for its pictures and recordings that folders can have. "
                f"Received: {self.name!r}"
            )
        return parts

    def _is(self, kind: str) -> None:
        if self.kind and kind != self.kind:
            raise ValueError(
                f"column {self.name!r} must hold values of one kind. "
                f"Received: {kind} in row {len(self.cells)} after {self.kind}"
            )
        self.kind = kind

    @property
    def _here(self) -> str:
        return f"row {len(self.cells)} of column {self.name!r}"

    def _refuse(self, value: Cell, more: str = "") -> NoReturn:
        what = str(value.dtype) if isinstance(value, np.ndarray) else type(value).__name__
        if hasattr(value, "shape"):
            what += f" of shape {value.shape}"
        raise ValueError(
            f"{self._here} must be a number, a text, numbers in an array of rank 1 or 2, a list of "
            f"texts, a picture or a recording{more}. Received: {what}. "
            "Leave the column out with `columns=`, or change it with `map`."
        )
