"""docs/own_modality.md: from a description to the answer of a SavedModel."""

import keras
import numpy as np
from code_blocks import run_code_blocks


def test_the_code_runs_as_printed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    keras.utils.set_random_seed(0)
    names = run_code_blocks("docs/own_modality.md")
    test = names["test"]
    guess = np.bincount(test.labels).max() / len(test)
    # The words alone leave it open which half of those that ask has raised a hand.
    assert names["accuracy"] > guess + 0.07
    assert names["again"] == names["train"].schema
    loaded = names["loaded"]
    batch = names["data"].Preprocessor(names["again"])(names["raw"])
    expected = loaded.predict_on_batch(batch)
    np.testing.assert_allclose(names["served"]["probabilities"], expected, rtol=1e-4, atol=1e-5)
