"""The tables that makers of columns take: a frame, or the file that holds it."""

import os
from collections.abc import Sequence

import pandas as pd

from keras_multimodal.data.column.cells import as_pandas
from keras_multimodal.data.column.table_files import read_table
from keras_multimodal.errors import ArgumentError
from keras_multimodal.types import Frame


def as_frame(
    dataframe: Frame,
    key: str | None = None,
    argument: str = "dataframe",
    as_text: bool | Sequence[str] = False,
    encoding: str | None = None,
) -> pd.DataFrame:
    """Return a frame of pandas, what can be made into it, or the table in a file.

    Args:
        dataframe: The frame, or the path of a file that `read_table` reads.
        key: The column of keys, which stay text in a file.
        argument: The caller's argument that it came with, for messages.
        as_text: Which columns of a file stay as they are written; see `read_table`.
        encoding: The file's encoding. Default `None`: as its bytes show.

    Raises:
        TypeError: If it is something else.
        ValueError: If the file cannot be read, or is none.
    """
    if isinstance(dataframe, (str, os.PathLike)):
        try:
            table = read_table(dataframe, key, as_text=as_text, encoding=encoding)
        except ArgumentError as error:
            if error.argument == "encoding":
                raise ArgumentError(
                    argument,
                    f"must be a file whose encoding can be told. `encoding` {error.problem}.",
                    "Read it with `read_table(path, encoding=...)`, and give the frame.",
                ) from error
            raise error if error.argument == "key" else error.renamed(argument) from error
        return table if key is None else table.reset_index()
    frame = as_pandas(dataframe)
    if not isinstance(frame, pd.DataFrame):
        raise TypeError(
            f"`{argument}` must be a pandas DataFrame, have a method `to_pandas` that makes one, "
            "or be the path of a table. "
            f"Received: {type(dataframe).__name__}"
        )
    return frame
