"""The code of docs/experiment.md runs as printed."""

import pandas as pd
from code_blocks import run_code_blocks
from pets import pets


def test_the_code_runs_as_printed(tmp_path, monkeypatch, capsys):
    source = pets(tmp_path / "data")
    monkeypatch.chdir(source.parent)
    names = run_code_blocks("docs/experiment.md", at_least=6)
    assert len(names["predictions"]) == len(pd.read_csv(source))
    assert names["scores"]["rows"] == 59
    assert (source.parent / "pets_run" / "report.html").is_file()
    printed = capsys.readouterr().out
    assert "note: text (58 texts of 5 words, the median)" in printed
    assert "On the test rows, accuracy:" in printed
