"""A table as it was read."""

import dataclasses
import difflib
import functools
import hashlib
import os
import pathlib
import warnings
from collections.abc import Callable, Mapping
from typing import Self

import numpy as np
import pandas as pd

from keras_multimodal import data
from keras_multimodal._inner_names import free_name
from keras_multimodal._options import TableOptions
from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.data.column.frames import as_frame
from keras_multimodal.data.column.table_files import is_untyped, load_table
from keras_multimodal.errors import ArgumentError, MissingFileError
from keras_multimodal.tables.files_in_cells import bring_to_files, with_texts
from keras_multimodal.types import Cell, Frame

TFDS = "tfds:"
_NAMED = 30  # columns in a message


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows by number, columns by names.

    `tables.read` makes one of a file, `from_dataframe` of a frame.

    Args:
        frame: The rows, in their order; the index is their number, from 1.
        directory: The folder that file names are relative to.
        names: The columns' names as the user has them, by the frame's. They differ where one is
            empty, or an earlier version has trained a model with others.
        source_sha256: The checksum of the file; `None` for what comes from no file.
        confined_to: The folder that files must lie in to be read, links resolved. Default `None`:
            wherever their names lead.
        untyped: Whether its cells are text because its file has nothing else, as a CSV. Default
            False.
        encoding: The encoding of text files that the table names and that are no UTF-8. Default
            `None`: as their bytes show.
        unpacked_to: The folder of files that stood in its cells. Default `None`: none did.

    Example:

    >>> table = Table.from_dataframe(pd.DataFrame({"Photo File": ["a.png"], "age": [3.5]}))
    >>> table
    <Table of 1 rows: Photo File, age>
    """

    frame: pd.DataFrame
    directory: pathlib.Path
    names: dict[str, str]
    source_sha256: str | None = None
    confined_to: pathlib.Path | None = None
    untyped: bool = False
    encoding: str | None = None
    unpacked_to: pathlib.Path | None = None

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
        cls,
        dataframe: Frame,
        directory: str | os.PathLike[str] | None = None,
        files_directory: str | os.PathLike[str] | None = None,
        *,
        overwrite: bool = False,
    ) -> Self:
        """Return the table of a frame.

        Args:
            dataframe: The rows; of pandas, or what has a method `to_pandas`. Its index is not a
                column: `reset_index` makes it one.
            directory: The folder that file names are relative to. Default `None`: the working
                directory.
            files_directory: A new folder that pictures and recordings in cells are written to,
                which must be given where there are any: as bytes, as structs of Hugging Face, as
                data URLs or in base64. Default `None`.
            overwrite: Whether that folder may be replaced, if an earlier call wrote it. Default
                False.

        Raises:
            ArgumentError: If there is no row or no column, or two columns have one name.
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
        table = cls._named(frame, _folder(directory) or pathlib.Path.cwd())
        return table._unpacked(files_directory, overwrite)

    @classmethod
    def _named(
        cls,
        frame: pd.DataFrame,
        directory: pathlib.Path,
        sha256: str | None = None,
        untyped: bool = False,
    ) -> Self:
        columns = [str(column) if str(column).strip() else "column" for column in frame.columns]
        repeated = sorted({name for name in columns if columns.count(name) > 1})
        if repeated:
            raise ArgumentError(
                "table",
                f"must have columns whose names differ. Received: {repeated} more than once; "
                "rename some",
            )
        names = dict(zip(columns, map(str, frame.columns), strict=True))

        frame = frame.set_axis(columns, axis=1).set_axis(range(1, len(frame) + 1), axis=0)
        return cls(with_texts(frame), directory, names, sha256, untyped=untyped)

    def _unpacked(self, directory: str | os.PathLike[str] | None, overwrite: bool) -> Self:
        """Return the table, the files in its cells written to a folder."""
        frame = bring_to_files(self.frame, directory, overwrite)
        if frame is None or directory is None:
            return self
        home = pathlib.Path(directory).resolve()
        # Known again by what was in its cells.
        return dataclasses.replace(self, frame=frame, source_sha256=self.sha256, unpacked_to=home)

    def __repr__(self) -> str:
        return f"<Table of {len(self.frame)} rows: {', '.join(self.names.values())}>"

    def column(self, name: str, argument: str) -> str:
        """Return the frame's name of a column that the user names.

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

    def renamed(self, names: Mapping[str, str]) -> "Table":
        """Return the table with names in its frame that a model was trained with.

        Args:
            names: The columns' names as the user has them, by those of the frame.
        """
        columns = {name: column for column, name in names.items()}
        frames = {
            column: columns[name] if name in columns else free_name(column, names)
            for column, name in self.names.items()
        }
        called = {frames[column]: name for column, name in self.names.items()}
        return dataclasses.replace(self, frame=self.frame.rename(columns=frames), names=called)

    def confined(self) -> "Table":
        """Return the table confined to the files in its folder, unless it is already."""
        return dataclasses.replace(self, confined_to=self.confined_to or self.directory)

    def with_options(self, options: TableOptions) -> "Table":
        """Return the table, its files read as options say.

        Args:
            options: The options.
        """
        table = self.confined() if options.confine else self
        return dataclasses.replace(table, encoding=table.encoding or options.encoding)

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
        if self.unpacked_to is not None and path.is_relative_to(self.unpacked_to):
            return False
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
    encoding: str | None = None,
    sep: str | None = None,
    on_finding: Callable[[object], object] | None = None,
) -> Table:
    """Read a table.

    The cells of a CSV stay text, as they are written: what they mean is decided once, for a column,
    and a row says the same whatever other rows there are.

    Args:
        source: A `.csv`, `.tsv`, `.parquet`, `.jsonl` or `.ndjson` file, text perhaps compressed,
            as in `.csv.gz`; or `tfds:NAME`, a data set of tensorflow-datasets.
        directory: The folder that file names are relative to. Default `None`: the table's.
        tfds_split: Which rows of a data set of tensorflow-datasets. Default `"train"`.
        key: The column of keys, which stay text: "007" is not 7; or the index of a Parquet file, as
            `data.read_table` has it. Default `None`: none.
        files_directory: A new folder that pictures and recordings are written to, which must be
            given where a data set of tensorflow-datasets has any, or the cells of a table do: as
            bytes, as structs of Hugging Face, as data URLs or in base64. Default `None`.
        overwrite: Whether that folder may be replaced, if an earlier call wrote it. Default False.
        confine: Whether no file outside of `directory` is read, wherever names and links lead; of a
            data set of tensorflow-datasets none outside of `files_directory`. What leads out counts
            as unreadable. Default False.
        encoding: The encoding of a text file, and of text files that its cells name where these are
            no UTF-8. Default `None`: as their bytes show.
        sep: What stands between the cells of a CSV. Default `None`: as its names show.
        on_finding: Called with a sentence on the table's encoding where that is not UTF-8, such as
            `print`. Default `None`: one that had to be guessed is warned of.

    Raises:
        MissingFileError: If there is no such file or folder.
        ArgumentError: If its encoding cannot be told, it has another ending, no column `key`, or
            two columns of one name.
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
        frame, text = load_table(source, key, True, encoding, sep)
    except ArgumentError as error:
        renamed = {"path": "source"}.get(error.argument, error.argument)
        raise error.renamed(renamed) from error
    if text is not None and text.note:
        if on_finding is not None:
            on_finding(text.note)
        elif text.guessed:
            warnings.warn(f"{text.note}.", stacklevel=2)
    frame = frame if key is None else frame.copy().reset_index()
    with open(source, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    folder = home or pathlib.Path(source).resolve().parent
    table = Table._named(frame, folder, digest, untyped=is_untyped(source))
    table = dataclasses.replace(table, encoding=encoding)._unpacked(files_directory, overwrite)
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
