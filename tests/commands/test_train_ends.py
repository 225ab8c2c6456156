"""How trainings of a run end, and what is said of the scores."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

from keras_multimodal import cli, commands

PARTS = ["train"] * 120 + ["validation"] * 40 + ["test"] * 40


def two_halves(flipped=0):
    """Rows of which a number tells the class or a word does, never both.

    Args:
        flipped: Of every ten test rows, how many have the other class.
    """
    rows = np.arange(len(PARTS))
    sort, by_word = rows % 2, rows // 2 % 2 == 1
    wrong = (np.array(PARTS) == "test") & (rows // 4 % 10 < flipped)
    return pd.DataFrame(
        {
            "part": PARTS,
            "number": np.where(by_word, 0.0, 2.0 * sort - 1 + rows / 1000),
            "word": np.where(by_word, np.array(["left", "right"])[sort], "neither"),
            "sort": np.array(["a", "b"])[np.where(wrong, 1 - sort, sort)],
        }
    )


def train(tmp_path, frame, *arguments):
    """The exit code of a run on a frame."""
    frame.to_csv(tmp_path / "t.csv", index=False)
    arguments = ["--target", "sort", "--text", "word", "--split", "part", *arguments]
    return cli.main(
        ["train", str(tmp_path / "t.csv"), "--output", str(tmp_path / "run"), *arguments]
    )


def test_each_model_has_its_part_of_the_time(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert train(tmp_path, two_halves(), "--epochs", "50", "--time-limit", "1e-6") == 0
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    models = ["word alone", "table alone", "all"]
    assert metrics["stopped"] == dict.fromkeys(models, "the time is up")
    history = pd.read_csv(tmp_path / "run" / "history.csv")
    assert history["model"].tolist() == models
    parts = pd.read_csv(tmp_path / "run" / "split.csv")
    assert parts["part"].str.replace("training", "train").tolist() == PARTS
    page = (tmp_path / "run" / "report.html").read_text()
    assert "Learning curves are drawn by matplotlib, which is not installed" in page


def test_what_the_scores_say_is_in_the_report(tmp_path, capsys):
    arguments = ["--epochs", "4", "--learning-rate", "0.02"]
    assert train(tmp_path, two_halves(flipped=3), *arguments) == 0
    scores = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert scores["validation"]["accuracy"] == 1
    assert scores["test"]["all"]["accuracy"] == 0.7
    page = (tmp_path / "run" / "report.html").read_text()
    assert "All together are no better" not in page
    said = "On the validation rows all has 1.000 (0.912 to 1.000): the test rows are harder"
    assert said in capsys.readouterr().out
    assert said in page


def test_a_loss_that_is_no_number_is_refused(tmp_path):
    options = commands.Options(
        source=str(tmp_path / "t.csv"),
        target="number",
        task="regression",
        output=str(tmp_path / "run"),
        ignore=("word", "part"),
        epochs=1,
        learning_rate=1e30,
    )
    two_halves().to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(ValueError, match=r"loss of all is no number.*`--learning-rate` be smaller"):
        commands.train(options)
    assert not (tmp_path / "run").exists()
