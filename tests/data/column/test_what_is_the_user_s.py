"""What programs put beside a user's files is no class, no picture and no recording."""

import pathlib

import pytest

from keras_multimodal.data import AudioStream, ImageStream

READERS = [
    pytest.param(lambda *args, **more: ImageStream().flow_from_directory(*args, **more), id="png"),
    pytest.param(
        lambda *args, **more: AudioStream(8000, 8).from_directory(*args, **more), id="wav"
    ),
]
LITTER = [
    ".ipynb_checkpoints/0-checkpoint",
    "cat/.ipynb_checkpoints/0-checkpoint",
    "cat/.AppleDouble/0",
    "cat/._0",
    "cat/.0",
    "__MACOSX/cat/._0",
    "__MACOSX/0",
    "dog/__MACOSX/0",
    "@eaDir/0",
    "dog/@eaDir/0",
    ".Trash-1000/files/0",
]


@pytest.fixture
def folder(tmp_path, request):
    """A folder of a hidden one, since not every part of a path is looked at."""
    root = tmp_path / ".cache" / "pets"
    ending = request.node.callspec.id.split("-")[0]
    for name in ("cat/0", "cat/young/1", "dog/2", *LITTER):
        path = root / f"{name}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


@pytest.mark.parametrize("read_folder", READERS)
def test_only_the_user_s_files_are_read(folder, read_folder):
    column = read_folder(folder, key="stem")
    assert column.labels.to_dict() == {"0": "cat", "1": "cat", "2": "dog"}
    assert getattr(column, "class_names", ["cat", "dog"]) == ["cat", "dog"]


@pytest.mark.parametrize("read_folder", READERS)
def test_a_class_that_is_named_is_read(folder, read_folder):
    column = read_folder(folder, classes=["dog", ".ipynb_checkpoints"], key="stem")
    assert set(column.keys) == {"2", "0-checkpoint"}


def test_recordings_beside_a_hidden_folder_have_no_class(tmp_path):
    for name in ("a.wav", "._a.wav", ".ipynb_checkpoints/b.wav"):
        path = pathlib.Path(tmp_path, name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    column = AudioStream(8000, 8).from_directory(tmp_path)
    assert (column.keys, column.labels) == (["a.wav"], None)
