"""The commands of docs/command_line.md run as printed, and its options are those there are."""

import pathlib
import re
import shlex

import numpy as np
import pandas as pd
import pytest

from keras_multimodal import cli
from tests.option_table import with_table

PAGE = pathlib.Path(__file__).parent.parent / "docs" / "command_line.md"
COMMAND = re.compile(r"keras-multimodal ((?:describe|train|evaluate|predict) [^`\n]+)")


def write_pets(path, rows, seed):
    """Numbers that tell cats from dogs."""
    rng = np.random.default_rng(seed)
    sort = np.array(["cat", "dog"])[rng.integers(0, 2, rows)]
    frame = pd.DataFrame(
        {
            "house": np.arange(rows),
            "weight": np.where(sort == "cat", 4.0, 12.0) + rng.normal(size=rows).round(3),
            "sort": sort,
        }
    )
    frame.to_csv(path, index=False)


def test_the_commands_run_as_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for place, (name, rows) in enumerate([("pets", 60), ("more_pets", 20), ("new_pets", 20)]):
        write_pets(f"{name}.csv", rows, place)
    commands = COMMAND.findall(PAGE.read_text("utf-8"))
    assert [command.split()[0] for command in commands] == [
        "describe",
        "train",
        "evaluate",
        "predict",
        "train",
    ]
    for command in commands:
        words = shlex.split(command)
        if words[:2] == ["train", "pets.csv"]:
            words += ["--epochs", "2"]  # the page's takes what there is to learn
        assert cli.main(words) == 0, capsys.readouterr().err
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == [
        "again",
        "description.html",
        "more_pets.csv",
        "new_pets.csv",
        "pets.csv",
        "predictions.csv",
        "run",
    ]
    first, again = (pd.read_csv(tmp_path / run / "history.csv") for run in ("run", "again"))
    pd.testing.assert_frame_equal(first, again)
    assert len(pd.read_csv("predictions.csv")) == 20


def test_the_options_are_those_there_are(capsys):
    there: set[str] = set()
    for command in ("describe", "train", "evaluate", "predict"):
        with pytest.raises(SystemExit):
            cli.main([command, "--help"])
        there |= set(re.findall(r"--[a-z][a-z-]*", capsys.readouterr().out))
    told = set(re.findall(r"--[a-z][a-z-]*", PAGE.read_text("utf-8")))
    assert told == there - {"--help"}


def test_the_table_of_options_is_of_today():
    text = PAGE.read_text("utf-8")
    assert with_table(text) == text, "python -m tests.option_table --write"
