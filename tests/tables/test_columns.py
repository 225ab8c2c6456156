"""What is made of a table's columns."""

import numpy as np
import pandas as pd
import pytest

from keras_multimodal import tables
from keras_multimodal.tables.columns import make_columns

RATE = 8000


def kept_seconds(folder, files):
    """Return how much of the recordings that a table names is kept."""
    frame = pd.DataFrame({"sound": files, "sort": ["a", "b"] * (len(files) // 2)})
    frame.to_csv(folder / "table.csv", index=False)
    table = tables.read(folder / "table.csv")
    options = tables.TableOptions(target="sort", sample_rate=RATE)
    (column,) = make_columns(table, tables.examine(table, options).kinds, options)
    return column.spec.num_samples / RATE


@pytest.mark.parametrize(
    ("ending", "encoding"),
    [("wav", "PCM_16"), ("wav", "FLOAT"), ("mp3", None), ("flac", None), ("ogg", None)],
)
def test_recordings_are_kept_whole_whatever_their_format(tmp_path, ending, encoding):
    soundfile = pytest.importorskip("soundfile")
    files = [f"{row}.{ending}" for row in range(4)]
    for file in files:
        soundfile.write(tmp_path / file, np.zeros(8 * RATE), RATE, encoding)
    assert kept_seconds(tmp_path, files) == pytest.approx(8, abs=0.1)


def test_the_longest_of_all_formats_decides_and_ten_seconds_are_the_most(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    lengths = {"short.wav": 1, "a.mp3": 6, "b.mp3": 6, "c.flac": 6}
    for file, seconds in lengths.items():
        soundfile.write(tmp_path / file, np.zeros(seconds * RATE), RATE)
    assert kept_seconds(tmp_path, list(lengths)) == pytest.approx(6, abs=0.2)
    soundfile.write(tmp_path / "c.flac", np.zeros(20 * RATE), RATE)
    assert kept_seconds(tmp_path, list(lengths)) == 10


def test_the_longest_is_looked_for_all_over_the_table(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / "short.wav", np.zeros(RATE), RATE)
    soundfile.write(tmp_path / "long.wav", np.zeros(3 * RATE), RATE)
    assert kept_seconds(tmp_path, ["short.wav"] * 200 + ["long.wav"] * 200) == 3
