"""What is wrong with a table or an option is said in one line, before anything is trained."""

import numpy as np
import pandas as pd
import pytest

from keras_multimodal import cli

FRAME = pd.DataFrame(
    {
        "size": np.arange(20) / 7,
        "colour": ["red", "blue"] * 10,
        "label": ["a", "b"] * 10,
        "price": np.arange(20) * 1.5,
    }
)


def run(tmp_path, frame, *arguments):
    """The exit code of a run on a frame."""
    frame.to_csv(tmp_path / "table.csv", index=False)
    output = ["--output", str(tmp_path / "run")]
    return cli.main(["train", str(tmp_path / "table.csv"), *output, *arguments])


def with_cell(column, row, value):
    changed = FRAME.astype({column: object})
    changed.loc[row, column] = value
    return changed


@pytest.mark.parametrize(
    ("frame", "arguments", "message"),
    [
        (FRAME, ("--target", "lable"), "`--target` must name a column of the table"),
        (FRAME, ("--target", "lable"), "is it 'label'?"),
        (FRAME, ("--target", "label", "--image", "photo"), "`--image` must name a column"),
        (FRAME.assign(label="a"), ("--target", "label"), "must have two classes or more"),
        (with_cell("label", 4, "c"), ("--target", "label"), "one row of 'c'"),
        (
            with_cell("price", 4, "dear"),
            ("--target", "price", "--task", "regression"),
            "1 cells that are none: 'dear' in row 5",
        ),
        (
            with_cell("price", 2, np.inf),
            ("--target", "price", "--task", "regression"),
            "'inf' in row 3",
        ),
        (FRAME.assign(label=None), ("--target", "label"), "all empty"),
        (
            FRAME.assign(code=[f"x{row % 15}" for row in range(20)]),
            ("--target", "label"),
            "'code', which has 15 different strings in 20 cells",
        ),
        (FRAME[["label"]].assign(same=1), ("--target", "label"), "that something can be learned"),
        (
            FRAME.assign(photo=[f"{row}.png" for row in range(20)]),
            ("--target", "label"),
            "photo cannot be read in 20 rows, such as row 1",
        ),
        (
            FRAME.assign(photo=[f"{row}.png" for row in range(20)]),
            ("--target", "label", "--image", "photo", "--only"),
            "Received: none; photo of row 1 is '0.png', which is not there; are the names rel",
        ),
        (FRAME, (), "`--target` must name the column to predict"),
        (
            FRAME,
            ("--target", "label", "--task", "retrieval"),
            "`--target` must be left out where `--task` is retrieval. Received: 'label'",
        ),
        (FRAME, ("--config", "no.json"), "`--config` must be a file. Received: 'no.json'"),
        (FRAME, ("--target", "label", "--epochs", "0"), "`--epochs` must be at least 1"),
        (FRAME, ("--target", "label", "--time-limit", "-1"), "`--time-limit` must be positive"),
        (FRAME, ("--target", "label", "--fusion", "meen"), "Did you mean 'mean'"),
        (FRAME, ("--target", "label", "--fusion", "x"), "`--fusion` must be one of"),
        (FRAME, ("--target", "label", "--table", "label"), "must not name the target"),
        (FRAME, ("--target", "label", "--text", "size", "--ignore", "size"), "names too"),
        (FRAME, ("--target", "label", "--resume"), "must find an interrupted run"),
        (FRAME, ("--target", "label", "--directory", "nowhere"), "`--directory` must be a folder"),
        (
            FRAME,
            ("--target", "label", "--split", "colour"),
            "Received: 'colour' with 'red' in row 1, and 20 such rows in all",
        ),
        (
            FRAME.assign(part=["Train", "dev"] * 10),
            ("--target", "label", "--split", "part"),
            "'part' with none of test",
        ),
        (
            FRAME.assign(part=["train"] * 14 + ["test"] * 6, who="x"),
            ("--target", "label", "--split", "part", "--group", "who"),
            "`TABLE` must have rows for each part; there are too few. Received: 14 rows",
        ),
        (
            FRAME.assign(part=["train", "test"] * 10),
            ("--target", "label", "--split", "part"),
            "`TABLE` must leave rows of each class for training. Received: no training row of "
            "'label' 'b', which other parts have",
        ),
        (
            FRAME.assign(who="x"),
            ("--target", "label", "--group", "who"),
            "`TABLE` must have rows for each part; there are too few. Received: 20 rows",
        ),
    ],
)
def test_it_is_said_in_a_line(tmp_path, capsys, frame, arguments, message):
    assert run(tmp_path, frame, *arguments) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    # Nothing half-written is left.
    assert {path.name for path in tmp_path.iterdir()} == {"table.csv"}


def test_a_table_that_is_not_there(tmp_path, capsys):
    arguments = ["--target", "label", "--output", str(tmp_path / "run")]
    assert cli.main(["train", str(tmp_path / "no.csv"), *arguments]) == 2
    assert "`TABLE` must be a file" in capsys.readouterr().err


def test_an_output_that_is_filled(tmp_path, capsys):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("mine")
    assert run(tmp_path, FRAME, "--target", "label") == 2
    assert "`--output` must be new or empty. Received" in capsys.readouterr().err
    assert run(tmp_path, FRAME, "--target", "label", "--overwrite") == 2
    assert "which has no config.json" in capsys.readouterr().err
    assert (tmp_path / "run" / "mine.txt").read_text() == "mine"
