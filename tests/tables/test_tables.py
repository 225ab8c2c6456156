"""A table, from a file or a frame, and the names of its columns."""

import hashlib
import pathlib

import numpy as np
import pandas as pd
import pytest

from keras_multimodal import tables
from keras_multimodal.errors import ArgumentError, MissingFileError

FRAME = pd.DataFrame({"Photo File": ["a.png", "b.png"], "1st": [1, 2]}, index=["x", "y"])


def test_rows_are_numbered_and_columns_keep_their_names():
    table = tables.Table.from_dataframe(FRAME, "/")
    assert table.frame.index.tolist() == [1, 2]
    assert table.names == {"Photo File": "Photo File", "1st": "1st"}
    assert table.directory == pathlib.Path("/")
    assert table.source_sha256 is None
    assert repr(table) == "<Table of 2 rows: Photo File, 1st>"
    some = table.rows(table.frame["1st"] > 1)
    assert some.frame.index.tolist() == [2]  # they keep their numbers
    assert FRAME.index.tolist() == ["x", "y"]


def test_what_can_become_a_frame_of_pandas_is_taken():
    class Other:
        def to_pandas(self):
            return FRAME

    assert tables.Table.from_dataframe(Other()).names == tables.Table.from_dataframe(FRAME).names


def test_a_file_is_known_again(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("key,size\n007,1\n")
    table = tables.read(file, key="key")
    assert table.frame["key"].tolist() == ["007"]
    assert table.directory == tmp_path
    assert table.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert tables.read(file, tmp_path.parent).directory == tmp_path.parent


@pytest.mark.parametrize(
    ("make", "error", "argument", "problem"),
    [
        (lambda home: tables.read(home / "no.csv"), MissingFileError, "source", "must be a file"),
        (lambda home: tables.read(home / "t.doc"), ArgumentError, "source", "must end in one of"),
        (
            lambda home: tables.read(home / "t.csv", home / "no"),
            MissingFileError,
            "directory",
            "must be a folder. Received: ",
        ),
        (
            lambda home: tables.read(home / "t.csv", key="no"),
            ArgumentError,
            "key",
            "must name a column of ",
        ),
        (
            lambda home: tables.Table.from_dataframe(FRAME.head(0)),
            ArgumentError,
            "dataframe",
            "must have at least one row and one column. Received: 0 rows of 2 columns",
        ),
        (
            lambda home: tables.Table.from_dataframe(FRAME).column("Photo Fiel", "image"),
            ArgumentError,
            "image",
            "is it 'Photo File'?",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path, make, error, argument, problem):
    (tmp_path / "t.csv").write_text("key,size\n007,1\n")
    with pytest.raises(error) as caught:
        make(tmp_path)
    assert caught.value.argument == argument
    assert problem in caught.value.problem


def test_columns_of_one_name_are_refused():
    tables.Table.from_dataframe(FRAME.rename(columns={"1st": "Photo-File"}))
    with pytest.raises(ValueError, match=r"names differ.*\['Photo File'\] more than once"):
        tables.Table.from_dataframe(FRAME.rename(columns={"1st": "Photo File"}))


def test_a_frame_is_known_again_by_its_cells():
    frame = FRAME.assign(steps=[np.arange(3000.0), [1, 2]], note=["a", None])
    same = tables.Table.from_dataframe(frame.copy()).sha256
    assert tables.Table.from_dataframe(frame).sha256 == same
    steps = np.arange(3000.0)
    steps[1500] = 0  # its repr is the same
    for other in (
        frame.assign(note=["a", "b"]),
        frame.assign(steps=[steps, [1, 2]]),
        frame.rename(columns={"note": "notes"}),
        frame.iloc[::-1],
    ):
        assert tables.Table.from_dataframe(other).sha256 != same
