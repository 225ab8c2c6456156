"""What is no regular file is never opened: a pipe would be waited for, a device fill the memory."""

import os
import pathlib

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from PIL import Image
from scipy.io import wavfile

from keras_multimodal import tables
from keras_multimodal.data import AudioStream, ImageStream, SensorProcessor, pair
from keras_multimodal.data.audio.length import recording_seconds
from keras_multimodal.tables.repeats import find_repeats

REASONS = {
    "pipe": "is no regular file, but a folder, a pipe or a device",
    "zero": "is no regular file, but a folder, a pipe or a device",
    "folder": "is no regular file, but a folder, a pipe or a device",
    "large": "has more than 1 GiB",
}
ENDINGS = {"image": "png", "audio": "wav", "sensor": "csv"}


@pytest.fixture
def frame(kind, tmp_path):
    """A file that is read, and four that must not be."""
    ending = ENDINGS[kind]
    good = tmp_path / f"good.{ending}"
    if ending == "png":
        Image.fromarray(np.zeros((4, 4, 3), "uint8")).save(good)
    elif ending == "wav":
        wavfile.write(good, 8000, np.zeros(800, "int16"))
    else:
        good.write_text("x\n1\n2\n")
    os.mkfifo(tmp_path / f"pipe.{ending}")
    (tmp_path / f"zero.{ending}").symlink_to("/dev/zero")
    (tmp_path / f"folder.{ending}").mkdir()
    (tmp_path / f"large.{ending}").touch()
    os.truncate(tmp_path / f"large.{ending}", 2**30 + 1)  # all of it a hole
    names = ["good", *REASONS]
    return pd.DataFrame({"file": [f"{name}.{ending}" for name in names]}, index=names)


def column_of(kind, frame, folder):
    if kind == "sensor":
        maker = SensorProcessor(length=2, standardize=False)
        return maker.from_dataframe(frame, "file", directory=folder, on_error="drop")
    maker = AudioStream(8000, 800) if kind == "audio" else ImageStream()
    return maker.from_dataframe(frame, "file", folder, validate_filenames=False)


@pytest.mark.parametrize("kind", ENDINGS)
def test_such_rows_are_dropped_and_counted(kind, frame, tmp_path):
    records = pair(column_of(kind, frame, tmp_path), on_error="drop")
    assert records.keys == ["good"]
    reasons = records.report.unreadable[kind]
    assert list(reasons) == list(REASONS)
    for name, reason in REASONS.items():
        assert reason in reasons[name]
    assert len(list(records.batch(1))) == 1


@pytest.mark.parametrize("kind", ["image", "audio"])
def test_such_rows_are_named(kind, frame, tmp_path):
    column = column_of(kind, frame, tmp_path)
    with pytest.raises(ValueError, match=r"row 'pipe'.*is no regular file, but a folder, a pipe"):
        pair(column).verify()
    with pytest.raises(tf.errors.InvalidArgumentError, match="Row pipe"):
        list(pair(column).batch(2))
    maker = AudioStream(8000, 800) if kind == "audio" else ImageStream()
    with pytest.raises(ValueError, match=r"4 that cannot be.*'pipe'.*is no regular file"):
        maker.from_dataframe(frame, "file", tmp_path)


@pytest.mark.parametrize("kind", ["audio"])
def test_nothing_asks_them_for_their_length_or_content(frame, tmp_path):
    lengths = [recording_seconds(tmp_path / name) for name in frame["file"]]
    assert lengths == [0.1, None, None, None, None]
    repeated = pd.concat([frame, frame], ignore_index=True).assign(sort=list("ababababab"))
    table = tables.Table.from_dataframe(repeated, pathlib.Path(tmp_path))
    options = tables.TableOptions(target="sort", audio=("file",))
    kinds = tables.examine(table, options).kinds
    first, *others = table.frame.index
    assert find_repeats(table, kinds, options).rows[others[4]] == first
