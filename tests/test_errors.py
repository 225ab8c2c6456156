"""Errors carry what a caller needs to say them in other words."""

import pickle

import pytest

from keras_multimodal.commands.messages import error_line, in_flags
from keras_multimodal.errors import ArgumentError, MissingFileError


def test_an_error_knows_its_argument():
    error = ArgumentError("split", "must leave rows. Received: 2", "Or pass stratify=False.")
    assert str(error) == "`split` must leave rows. Received: 2 Or pass stratify=False."
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.argument, again.remedy) == (str(error), "split", error.remedy)
    renamed = error.renamed("source")
    assert str(renamed) == "`source` must leave rows. Received: 2"


def test_a_missing_file_is_both_kinds_of_error():
    error = MissingFileError("path", "must be a file. Received: 'a'").renamed("source")
    assert isinstance(error, FileNotFoundError)
    assert isinstance(error, ArgumentError)
    assert str(error) == "`source` must be a file. Received: 'a'"
    assert error.errno is None
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize(
    ("sentence", "line"),
    [
        ("`learning_rate` must be positive", "`--learning-rate` must be positive"),
        ("come with `overwrite=True`", "come with `--overwrite`"),
        ("`baselines` is on", "`--no-baselines` is on"),
        ("`source` and `run`", "`TABLE` and `DIR`"),
        ("`predict` and 'epochs' stay", "`predict` and 'epochs' stay"),
    ],
)
def test_the_command_line_says_its_own_names(sentence, line):
    assert in_flags(sentence) == line
    assert error_line(ValueError(f"{sentence}\n  so")) == f"{line} so"
