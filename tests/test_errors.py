"""Errors carry what a caller needs to say them in other words."""

import pickle

import pytest

from keras_multimodal.commands.messages import error_line, flags_of
from keras_multimodal.commands.parser import make_parser
from keras_multimodal.errors import ArgumentError, MissingFileError


def test_an_error_knows_its_argument():
    error = ArgumentError("split", "must have rows. Received: 2", "Or pass stratify=False.")
    assert str(error) == "`split` must have rows. Received: 2 Or pass stratify=False."
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.argument, again.remedy) == (str(error), "split", error.remedy)
    renamed = error.renamed("source")
    assert str(renamed) == "`source` must have rows. Received: 2"


def test_a_missing_file_is_both_kinds_of_error():
    error = MissingFileError("path", "must be a file. Received: 'a'").renamed("source")
    assert isinstance(error, FileNotFoundError)
    assert isinstance(error, ArgumentError)
    assert str(error) == "`source` must be a file. Received: 'a'"
    assert error.errno is None
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


TRAIN, DEMO = (
    flags_of(make_parser().parse_args(words)) for words in (["train", "t.csv"], ["demo"])
)


@pytest.mark.parametrize(
    ("flags", "argument", "problem", "line"),
    [
        (TRAIN, "learning_rate", "must be\n 1", "`--learning-rate` must be 1"),
        (TRAIN, "tabular", "must be", "`--table` must be"),
        (TRAIN, "table", "must be", "`TABLE` must be"),
        (TRAIN, "output", "or `overwrite=True`", "`--output` or `--overwrite`"),
        (TRAIN, "output", "`mean` and 'epochs'", "`--output` `mean` and 'epochs'"),
        (TRAIN, "baselines", "is on", "`baselines` is on"),  # its flag says the opposite
        (TRAIN, "axis", "and `output`", "`axis` and `output`"),  # no argument of the command
        (DEMO, "data", "must be", "`--data` must be"),
        (DEMO, "parts", "and `split`", "`parts` and `split`"),
    ],
)
def test_the_command_line_says_its_own_names(flags, argument, problem, line):
    assert error_line(ArgumentError(argument, problem), flags) == line


def test_of_another_error_nothing_is_changed():
    assert error_line(ValueError("`output`\n  so"), TRAIN) == "`output` so"
