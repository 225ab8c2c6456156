"""Options in a file, and from a mapping."""

import sys

import pytest

from keras_multimodal import cli
from keras_multimodal.commands.option_file import read_config
from keras_multimodal.experiment import TrainingOptions


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("o.json", '{"source": "t.csv", "tagret": "label"}', r"Received: \['tagret'\]"),
        (
            "o.json",
            '{"source": "t.csv", "target": "a", "epochs": "ten"}',
            r"`epochs` must be of int\. Received: .*, in o.json",
        ),
        (
            "o.json",
            '{"source": "t.csv", "target": "a", "epochs": true}',
            r"`epochs` must be of int\. Received: .*, in o.json",
        ),
        ("o.json", '{"source": "t.csv", "target": 3}', "`target` must be of str"),
        (
            "o.json",
            '{"source": "t.csv", "target": "a", "task": "sorting"}',
            r"`task` must be one of \['classification'.*Received: 'sorting'",
        ),
        (
            "o.json",
            '{"source": "t.csv", "target": "a", "time_limit": "five"}',
            "`time_limit` must be of float",
        ),
        (
            "o.json",
            '{"source": "t.csv", "target": "a", "image": 3}',
            "`image` must be a column or a list of them",
        ),
        ("o.json", "{", "must hold JSON"),
        ("o.yaml", "- a\n", "must hold options by name"),
        ("o.yaml", "a: [", "must hold YAML"),
        ("o.toml", "", r"must end in .json, .yaml or .yml"),
        ("o.json", '{"source": "t.csv", "target": "a", "version": 7}', "has version 7"),
    ],
)
def test_a_file_of_options_that_is_wrong(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        TrainingOptions.from_mapping(read_config(tmp_path / name), name)


def test_without_pyyaml_the_remedy_is_named(tmp_path, monkeypatch):
    (tmp_path / "o.yaml").write_text("target: a")
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(
        ImportError, match=r"needs PyYAML: pip install.*\[yaml\].*JSON does without"
    ):
        read_config(tmp_path / "o.yaml")


def test_a_file_of_options_that_names_no_table(tmp_path, capsys):
    (tmp_path / "o.json").write_text('{"target": "label"}')
    assert cli.main(["train", "--config", str(tmp_path / "o.json")]) == 2
    assert "o.json must name the table, 'source'." in capsys.readouterr().err
