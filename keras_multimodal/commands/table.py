"""The user's table, with names that a model's inputs can have."""

import dataclasses
import difflib
import hashlib
import os
import pathlib

import pandas as pd

from keras_multimodal import data
from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.schema.infer import identifier

TFDS = "tfds:"
_NAMED = 30  # columns in a message


@dataclasses.dataclass(frozen=True)
class Table:
    """A table as it was read.

    Args:
        frame: The rows, in their order; the index is their number, from 1, and
            the columns are identifiers.
        directory: The folder that file names are relative to.
        names: The columns' own names, by identifier.
    """

    frame: pd.DataFrame
    directory: pathlib.Path
    names: dict[str, str]

    def column(self, name: str, option: str) -> str:
        """Return the identifier of a column that the user names.

        Args:
            name: The column's own name.
            option: The option that named it, for the message.

        Raises:
            ValueError: If there is no such column.
        """
        for own, known in self.names.items():
            if known == name:
                return own
        alike = difflib.get_close_matches(name, self.names.values(), n=1)
        hint = f"; is it {alike[0]!r}?" if alike else ""
        raise ValueError(
            f"`{option}` must name a column of the table, which has "
            f"{name_keys(list(self.names.values()), _NAMED)}. Received: {name!r}{hint}"
        )


def read(
    source: str,
    directory: str | os.PathLike[str] | None = None,
    tfds_split: str = "train",
    key: str | None = None,
    folder: os.PathLike[str] | None = None,
) -> Table:
    """Read a table.

    Args:
        source: A file, or `tfds:NAME`.
        directory: The folder that file names are relative to. Default `None`: the table's.
        tfds_split: Which rows of a data set of tensorflow-datasets.
        key: The column of keys, which stay text: "007" is not 7.
        folder: Where its pictures and recordings are written.

    Raises:
        FileNotFoundError: If there is no such file or folder.
        ValueError: If it cannot be read, has no rows, or two columns whose names differ in signs
            alone.
    """
    if source.startswith(TFDS):
        name = source.removeprefix(TFDS)
        frame = data.read_tfds(name, tfds_split, folder, overwrite=folder is not None)
        frame = frame.reset_index()  # the id that each row has there is a column
        home = pathlib.Path()  # the files' names have their folder in them
    else:
        try:
            frame = data.read_table(source, key)
        except (FileNotFoundError, ValueError) as error:
            told = str(error).replace("`path`", "`TABLE`").replace("`key`", "`--key`")
            kind = FileNotFoundError if isinstance(error, FileNotFoundError) else ValueError
            raise kind(told) from error
        # Copied into one piece, or pandas warns of what it takes to put a column before many.
        frame = frame if key is None else frame.copy().reset_index()
        home = pathlib.Path(source).resolve().parent
    if directory is not None:
        home = pathlib.Path(directory).resolve()
        if not home.is_dir():
            raise FileNotFoundError(
                f"`--directory` must be a folder. Received: {os.fspath(directory)!r}"
            )
    own = [identifier(column) for column in frame.columns]
    repeated = sorted({name for name in own if own.count(name) > 1})
    if repeated:
        alike = [str(c) for c in frame.columns if identifier(c) in repeated]
        raise ValueError(
            "The table must have columns whose names differ in letters or digits: they name a "
            f"model's inputs. Received: {alike}; rename some"
        )
    names = dict(zip(own, map(str, frame.columns), strict=True))
    return Table(numbered(frame.set_axis(own, axis=1)), home, names)


def digest(source: str) -> str | None:
    """By which a table is known again; `None` for a data set of tensorflow-datasets.

    Args:
        source: A file, or `tfds:NAME`.
    """
    if source.startswith(TFDS):
        return None
    return hashlib.sha256(pathlib.Path(source).read_bytes()).hexdigest()


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with their numbers, from 1, for an index.

    Args:
        frame: The rows.
    """
    return frame.set_axis(range(1, len(frame) + 1), axis=0)
