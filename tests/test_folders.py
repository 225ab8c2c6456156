"""Folders that appear whole or not at all."""

import pytest

from keras_multimodal._folders import replace_folder


def test_what_was_there_is_put_back_where_the_new_folder_cannot_take_its_place(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "marker").write_text("earlier")
    # Nothing is written, so there is nothing to rename.
    with (
        pytest.raises(FileNotFoundError, match="new"),
        replace_folder(tmp_path / "run", overwrite=True, marker="marker"),
    ):
        pass
    assert (tmp_path / "run" / "marker").read_text() == "earlier"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
