"""Every maker finds keys, column and folder in a frame alike."""

import inspect

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_multimodal.data import (
    AudioStream,
    ImageStream,
    SensorProcessor,
    TableProcessor,
    TextProcessor,
)

MAKERS = {
    "image": ImageStream(),
    "audio": AudioStream(8_000, 100),
    "sensor": SensorProcessor(),
    "text": TextProcessor(),
    "table": TableProcessor(),
}
OF_FILES = ["image", "audio", "sensor"]


@pytest.fixture
def files(tmp_path):
    """A folder with a file of each kind."""
    keras.utils.save_img(tmp_path / "a.png", np.zeros((4, 4, 3)))
    sound = tf.audio.encode_wav(tf.zeros((100, 1)), 8_000)
    (tmp_path / "a.wav").write_bytes(sound.numpy())
    (tmp_path / "a.csv").write_text("x\n1\n2\n")
    return tmp_path


@pytest.fixture
def frame():
    """Two rows, the second without a cell."""
    return pd.DataFrame(
        {
            "image": ["a.png", None],
            "audio": ["a.wav", ""],
            "sensor": ["a.csv", None],
            "text": ["a", np.nan],
            "table": [1.5, np.nan],
            "id": ["x", "y"],
        },
        index=[7, 3],
    )


def column_of(kind, frame, folder, **options):
    """The column of a kind, whose files are in `folder`."""
    if kind in OF_FILES:
        options = {"directory": folder, **options}
    return MAKERS[kind].from_dataframe(frame, **{"column": kind, **options})


@pytest.mark.parametrize("kind", MAKERS)
def test_the_frame_says_keys_and_cells(kind, frame, files):
    column = column_of(kind, frame, files)
    assert column.keys == [7, 3]
    assert column.present.tolist() == [True, False]
    assert column.spec.name == kind
    assert not column.spec.optional
    other = column_of(kind, frame, files, key="id", name="other", optional=True)
    assert other.keys == ["x", "y"]
    assert other.spec.name == "other"
    assert other.spec.optional


@pytest.mark.parametrize("kind", MAKERS)
def test_arguments_have_one_order(kind):
    parameters = inspect.signature(MAKERS[kind].from_dataframe).parameters
    places = [name for name, p in parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert places == ["dataframe", "column", "directory"][: 3 if kind in OF_FILES else 2]
    assert {"key": None, "name": None, "optional": False}.items() <= {
        name: p.default for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY
    }.items()


@pytest.mark.parametrize("kind", MAKERS)
def test_a_column_that_is_not_there_is_named(kind, frame, files):
    with pytest.raises(ValueError, match=r"`column` must name a column of.*column='photo'"):
        column_of(kind, frame, files, column="photo")
    with pytest.raises(ValueError, match=r"`key` must name a column of.*key='photo'"):
        column_of(kind, frame, files, key="photo")


@pytest.mark.parametrize("kind", MAKERS)
def test_a_missing_key_is_named(kind, frame, files):
    with pytest.raises(ValueError, match=r"`key` must have no empty cell.*row 1 of column 'id'"):
        column_of(kind, frame.assign(id=["x", None]), files, key="id")
    with pytest.raises(ValueError, match=r"`key` must have no empty cell.*row 0 of the index"):
        column_of(kind, frame.set_axis([np.nan, 3]), files)


@pytest.mark.parametrize("kind", OF_FILES)
def test_a_folder_that_is_not_there_is_named(kind, frame, files):
    with pytest.raises(FileNotFoundError, match=r"`directory` must be a folder.*gone"):
        column_of(kind, frame, files / "gone")


@pytest.mark.parametrize("kind", OF_FILES)
def test_without_a_folder_names_are_paths(kind, frame, files, monkeypatch):
    monkeypatch.chdir(files)
    column = column_of(kind, frame, None)
    assert column.present.tolist() == [True, False]
    with pytest.raises(FileNotFoundError, match="not"):
        column_of(kind, frame.replace("a", "b", regex=True), None)


def test_a_table_takes_columns_by_their_types_or_by_name():
    frame = pd.DataFrame({"age": [20, 30], "zip": [89073, 53111], "vip": [True, False]})

    def kinds(*column, **named):
        spec = TableProcessor().from_dataframe(frame, *column, **named).spec
        return spec.numeric, spec.categorical

    assert kinds() == (("age", "zip"), ("vip",))
    assert kinds("age") == (("age",), ())
    assert kinds(["age", "zip"], categorical="zip") == (("age",), ("zip",))
    assert kinds(["vip"], numeric=["zip"]) == (("zip",), ("vip",))
    assert kinds(categorical=["zip"]) == ((), ("zip",))
