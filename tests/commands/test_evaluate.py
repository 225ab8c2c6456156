"""Scores of another table are printed and written."""

import json

from keras_multimodal import cli


def test_scores_are_printed_and_written(trained, tmp_path, capsys):
    source, run = trained
    file = tmp_path / "scores.json"
    arguments = ["evaluate", str(run), str(source), "--output", str(file)]
    assert cli.main(arguments) == 0
    scores = json.loads(file.read_text())
    printed = capsys.readouterr().out
    assert "59 of 60 rows have a target" in printed
    assert "This is the table that the model has learned from" in printed
    low, high = scores["accuracy_interval_95"]
    assert f"accuracy_interval_95: {low:.4f} to {high:.4f}\n" in printed
    assert cli.main(arguments) == 2
    assert "`--output` must be new. Received: " in capsys.readouterr().err
    source.write_text("code,weight\n7,3.5\n")
    assert cli.main(arguments[:3]) == 2
    assert "`TABLE` must have the column of what is true, 'sort'" in capsys.readouterr().err
