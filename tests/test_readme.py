"""The README's code blocks run as printed, one after the other."""

import pytest
from code_blocks import run_code_blocks


@pytest.mark.slow
def test_the_quickstart_runs_as_printed(tmp_path, monkeypatch, reuse_icons):
    reuse_icons()
    monkeypatch.chdir(tmp_path)
    names = run_code_blocks("README.md")
    history = names["model"].history.history
    # Nine classes: guessing the largest is right in about one case of five.
    assert history["val_accuracy"][-1] > 0.5
    probabilities = names["answer"]["probabilities"].numpy()
    assert probabilities.shape == (1, 9)
    assert probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert names["answer"]["label"].numpy()[0].decode() in set(names["frame"]["category"])
