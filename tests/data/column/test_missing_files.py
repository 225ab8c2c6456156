"""Why a file is not there is said where its name tells."""

import pandas as pd
import pytest

from keras_multimodal import data
from keras_multimodal.data.column.missing_files import why_missing


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a b").mkdir()
    for name in ("p.png", "q.png"):
        (tmp_path / "a b" / name).write_bytes(b"x")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("https://example.com/p.png", "it is a URL, and nothing is fetched; download the files"),
        ("s3://bucket/p.png", "it is a URL, and nothing is fetched; download the files"),
        ("a b\\p.png", "it has Windows' separators; write / for \\"),
        ("a b/p.png;a b/q.png", "the cell has 2 names; give each a column of its own"),
        ("a b/p.png | a b/q.png", "the cell has 2 names; give each a column of its own"),
        ("a b/p.png ", "a space stands at its end; remove it"),
        ("a%20b/p.png", "its name is written as in a URL; write 'p.png'"),
        ("A B/P.PNG", "'{folder}/a b/p.png' is there, in another case"),
        ("a b/r.png", ""),
        ("a b/p.png/q.png", ""),
        ("c:d.png", ""),
        ("x" * 300, ""),  # no file can have this name
    ],
)
def test_the_reason_is_told(folder, name, reason):
    expected = reason.format(folder=folder)
    found = why_missing(f"{folder}/{name}")
    assert found == "is not there" + (f": {expected}" if reason else "")
    frame = pd.DataFrame({"file": [name]}, index=["k"])
    with pytest.raises(FileNotFoundError) as error:
        data.ImageStream().from_dataframe(frame, "file", folder)
    assert (f"Of the first one: {expected}." in str(error.value)) == bool(reason)
    column = data.ImageStream().from_dataframe(frame, "file", folder, validate_filenames=False)
    with pytest.raises(ValueError, match="must have a row in common") as error:
        data.pair(column, on_error="mask")
    assert f"image='{folder}/" in str(error.value).replace("\\\\", "\\")
    assert found in str(error.value)
