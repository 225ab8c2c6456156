"""A SavedModel answers in a process in which importing this package fails."""

import inspect
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from keras_multimodal.data import Preprocessor
from keras_multimodal.export import saved_model, serve_in_fresh_process


def test_it_says_what_the_model_says(small, tmp_path):
    model, schema = small
    saved_model(model, tmp_path / "model", schema)
    raw = {"text": ["a b", b"b", "été"]}
    outputs = serve_in_fresh_process(tmp_path / "model", raw)
    expected = np.asarray(model(Preprocessor(schema)(raw)["text"]))
    np.testing.assert_allclose(outputs["probabilities"], expected, atol=1e-5)
    classes = np.array(schema.target.classes)
    np.testing.assert_array_equal(outputs["label"], classes[expected.argmax(-1)])


def test_what_cannot_be_served_is_refused(small, tmp_path):
    model, schema = small
    with pytest.raises(FileNotFoundError, match=r"which has no saved_model\.pb"):
        serve_in_fresh_process(tmp_path, {"text": ["a"]})
    saved_model(model, tmp_path / "model", schema)
    with pytest.raises(ValueError, match=r"one cell of each modality.*'image': 2, 'text': 1"):
        serve_in_fresh_process(tmp_path / "model", {"image": [b"", b""], "text": ["a"]})
    with pytest.raises(RuntimeError, match=r"did not answer(.|\n)*image"):
        serve_in_fresh_process(tmp_path / "model", {"image": [b""]})


def test_the_process_cannot_import_the_package(small, tmp_path):
    """The script that answers would fail if anything in the folder asked for it."""
    script = pathlib.Path(inspect.getfile(serve_in_fresh_process)).with_name("_fresh_process.py")
    text = script.read_text().replace("import tensorflow as tf", "import keras_multimodal", 1)
    (tmp_path / "changed.py").write_text(text)
    process = subprocess.run(
        [sys.executable, tmp_path / "changed.py"], capture_output=True, text=True, check=False
    )
    assert process.returncode != 0
    assert "import of keras_multimodal halted" in process.stderr
