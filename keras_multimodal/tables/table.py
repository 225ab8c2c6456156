"""A table as it was read, with names that a model's inputs can have."""

import dataclasses
import difflib
import functools
import hashlib
import os
import pathlib
from typing import Self

import numpy as np
import pandas as pd

from keras_multimodal import data
from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.data.column.frames import as_frame
from keras_multimodal.data.column.table_files import is_untyped
from keras_multimodal.errors import ArgumentError, MissingFileError
from keras_multimodal.schema.infer import identifier
from keras_multimodal.types import Cell, Frame

TFDS = "tfds:"
_NAMED = 30  # columns in a message


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows by number, columns by names that a model's inputs can have.

    `tables.read` makes one of a file, `from_dataframe` of a frame.

    Args:
        frame: The rows, in their order; the index is their number, from 1, and the columns are
            identifiers.
        directory: The folder that file names are relative to.
        names: The columns' names as the user has them, by identifier.
        source_sha256: The checksum of the file; `None` for what comes from no file.
        confined_to: The folder that files must lie in to be read, links resolved. Default `None`:
            wherever their names lead.
        untyped: Whether its cells are text because its file has nothing else, as a CSV. Default
            False.

    Example:

    >>> table = Table.from_dataframe(pd.DataFrame({"Photo File": ["a.png"], "age": [3.5]}))
    >>> table.names
    {'Photo_File': 'Photo File', 'age': 'age'}
    """

    frame: pd.DataFrame
    directory: pathlib.Path
    names: dict[str, str]
    source_sha256: str | None = None
    confined_to: pathlib.Path | None = None
    untyped: bool = False

    @functools.cached_property
    def sha256(self) -> str:
        """The checksum by which the table is known again: of its file, or else of its cells."""
        if self.source_sha256 is not None:
            return self.source_sha256
        checksum = hashlib.sha256()
        for name in self.frame.columns:
            checksum.update(repr(self.names[name]).encode("utf-8", "surrogatepass"))
            for cell in self.frame[name]:
                checksum.update(_bytes_of(cell))
        return checksum.hexdigest()

    @classmethod
    def from_dataframe(
        cls, dataframe: Frame, directory: str | os.PathLike[str] | None = None
    ) -> Self:
        """Return the table of a frame.

        Args:
            dataframe: The rows; of pandas, or what has a method `to_pandas`. Its index is not a
                column: `reset_index` makes it one.
            directory: The folder that file names are relative to. Default `None`: the working
                directory.

        Raises:
            ArgumentError: If there is no row or no column, or two columns have names that differ in
                signs alone.
            MissingFileError: If there is no such folder.
            TypeError: If it is no frame.
        """
        frame = as_frame(dataframe)
        if frame.empty:
            raise ArgumentError(
                "dataframe",
                "must have at least one row and one column. "
                f"Received: {len(frame)} rows of {len(frame.columns)} columns",
            )
        return cls._named(frame, _folder(directory) or pathlib.Path.cwd())

    @classmethod
    def _named(
        cls,
        frame: pd.DataFrame,
        directory: pathlib.Path,
        sha256: str | None = None,
        untyped: bool = False,
    ) -> Self:
        columns = [identifier(column) for column in frame.columns]
        repeated = sorted({name for name in columns if columns.count(name) > 1})
        if repeated:
            alike = [str(c) for c in frame.columns if identifier(c) in repeated]
            raise ArgumentError(
                "table",
                "must have columns whose names differ in letters or digits: they name a model's "
                f"inputs. Received: {alike}; rename some",
            )
        names = dict(zip(columns, map(str, frame.columns), strict=True))

        frame = frame.set_axis(columns, axis=1).set_axis(range(1, len(frame) + 1), axis=0)
        return cls(frame, directory, names, sha256, untyped=untyped)

    def __repr__(self) -> str:
        return f"<Table of {len(self.frame)} rows: {', '.join(self.names.values())}>"

    def column(self, name: str, argument: str) -> str:
        """Return the identifier of a column that the user names.

        Args:
            name: The column's name as the user has it.
            argument: The argument that names it, for the message.

        Raises:
            ArgumentError: If there is no such column.
        """
        for column, known in self.names.items():
            if known == str(name):
                return column
        alike = difflib.get_close_matches(str(name), self.names.values(), n=1)
        hint = f"; is it {alike[0]!r}?" if alike else ""
        raise ArgumentError(
            argument,
            "must name a column of the table, which has "
            f"{name_keys(list(self.names.values()), _NAMED)}. Received: {name!r}{hint}",
        )

    def confined(self) -> "Table":
        """Return the table confined to the files in its folder, unless it is already."""
        return dataclasses.replace(self, confined_to=self.confined_to or self.directory)

    def is_outside(self, name: str | os.PathLike[str]) -> bool:
        """Return whether a file must not be read, since it is not in the folder of `confined_to`.

        Args:
            name: The file's name, as a cell has it. A link counts as what it leads to.
        """
        if self.confined_to is None:
            return False
        try:
            path = pathlib.Path(self.directory, name).resolve()
        except (ValueError, RuntimeError):  # no path, or links in a circle
            return True
        return not path.is_relative_to(self.confined_to.resolve())

    def rows(self, which: pd.Series) -> "Table":
        """Return the table of some rows, which keep their numbers.

        Args:
            which: Whether each row is taken.
        """
        return dataclasses.replace(self, frame=self.frame[which])


def read(
    source: str | os.PathLike[str],
    directory: str | os.PathLike[str] | None = None,
    *,
    tfds_split: str = "train",
    key: str | None = None,
    files_directory: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    confine: bool = False,
) -> Table:
    """Read a table.

    The cells of a CSV stay text, as they are written: what they mean is decided once, for a column,
    and a row says the same whatever other rows there are.

    Args:
        source: A `.csv`, `.tsv`, `.parquet`, `.jsonl` or `.ndjson` file, or `tfds:NAME`, a data set
            of tensorflow-datasets.
        directory: The folder that file names are relative to. Default `None`: the table's.
        tfds_split: Which rows of a data set of tensorflow-datasets. Default `"train"`.
        key: The column of keys, which stay text: "007" is not 7. Default `None`: none.
        files_directory: A new folder that pictures and recordings of a data set of
            tensorflow-datasets are written to, which must be given where it has any.
        overwrite: Whether that folder may be replaced, if an earlier call wrote it. Default False.
        confine: Whether no file outside of `directory` is read, wherever names and links lead; of a
            data set of tensorflow-datasets none outside of `files_directory`. What leads out counts
            as unreadable. Default False.

    Raises:
        MissingFileError: If there is no such file or folder.
        ArgumentError: If it has another ending, no column `key`, or two columns whose names differ
            in signs alone.
        ValueError: If it cannot be read, or has no rows.

    Example:

    >>> _ = pathlib.Path("pets.csv").write_text("code,age\\n007,3\\n008,4\\n")
    >>> read("pets.csv", key="code")
    <Table of 2 rows: code, age>
    """
    source = os.fspath(source)
    home = _folder(directory)
    if source.startswith(TFDS):
        try:
            frame = data.read_tfds(
                source.removeprefix(TFDS), tfds_split, files_directory, overwrite=overwrite
            )
        except ArgumentError as error:
            renamed = {"directory": "files_directory"}.get(error.argument, error.argument)
            raise error.renamed(renamed) from error
        # The id that each row has there is a column; the files' names have their folder in them.
        table = Table._named(frame.reset_index(), home or pathlib.Path.cwd())
        files = table.directory if files_directory is None else pathlib.Path(files_directory)
        return dataclasses.replace(table, confined_to=files.resolve()) if confine else table
    try:
        frame = data.read_table(source, key, as_text=True)
    except ArgumentError as error:
        raise (error.renamed("source") if error.argument == "path" else error) from error
    frame = frame if key is None else frame.copy().reset_index()
    with open(source, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    folder = home or pathlib.Path(source).resolve().parent
    table = Table._named(frame, folder, digest, untyped=is_untyped(source))
    return table.confined() if confine else table


def _bytes_of(cell: Cell) -> bytes:
    """Return what tells a cell from others of its kind."""
    if isinstance(cell, np.ndarray) and cell.dtype != object:
        return repr((cell.dtype.str, cell.shape)).encode() + cell.tobytes()
    if isinstance(cell, (list, tuple, np.ndarray)):
        return b"[" + b",".join(map(_bytes_of, cell)) + b"]"
    return f"{cell!r};".encode("utf-8", "surrogatepass")


def _folder(directory: str | os.PathLike[str] | None) -> pathlib.Path | None:
    if directory is None:
        return None
    folder = pathlib.Path(directory).resolve()
    if not folder.is_dir():
        raise MissingFileError("directory", f"must be a folder. Received: {os.fspath(directory)!r}")
    return folder
