"""The folder of a SavedModel appears whole or not at all, and costs nobody their own files."""

import pathlib
import stat

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal.export import saved_model
from keras_multimodal.schema import Schema


def answer(folder: pathlib.Path) -> np.ndarray:
    serve = tf.saved_model.load(str(folder)).signatures["serving_default"]
    return serve(text=tf.constant(["a"]))["probabilities"].numpy()


def test_a_folder_that_is_not_empty_needs_overwrite(small, tmp_path):
    model, schema = small
    folder = tmp_path / "deep" / "model"
    saved_model(model, folder, schema)
    before = answer(folder)
    other = keras.models.clone_model(model)
    with pytest.raises(ValueError, match=r"`directory` must be new or empty.*deep/model"):
        saved_model(other, folder, schema)
    np.testing.assert_array_equal(answer(folder), before)
    saved_model(other, folder, schema, overwrite=True)
    assert np.any(answer(folder) != before)
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_an_empty_folder_is_filled_and_has_the_usual_permissions(small, tmp_path):
    model, schema = small
    (tmp_path / "empty").mkdir()
    saved_model(model, tmp_path / "empty", schema)
    (tmp_path / "reference").mkdir()
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("empty", "reference")]
    assert modes[0] == modes[1]


def test_overwrite_replaces_savedmodels_only(small, tmp_path):
    model, schema = small
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match=r"written by an earlier call.*no saved_model\.pb"):
        saved_model(model, tmp_path, schema, overwrite=True)
    with pytest.raises(ValueError, match=r"`directory` must be a folder"):
        saved_model(model, tmp_path / "thesis.txt", schema, overwrite=True)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_failure_leaves_what_was_there(small, tmp_path, monkeypatch):
    model, schema = small
    folder = tmp_path / "model"
    saved_model(model, folder, schema)
    before = sorted(folder.rglob("*"))

    def fail(self: Schema) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(Schema, "to_json", fail)
    with pytest.raises(KeyboardInterrupt):
        saved_model(model, folder, schema, overwrite=True)
    with pytest.raises(KeyboardInterrupt):
        saved_model(model, tmp_path / "new", schema)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert sorted(folder.rglob("*")) == before
