"""The command line's parser, made of the options' declarations.

Nothing heavy is imported here, so that `--help` answers at once.
"""

import argparse
import pathlib
from collections.abc import Iterable
from typing import Any

from keras_multimodal._options import SOURCES, Option, TableOptions, TrainingOptions, declared

# The options of a table that a trained model reads.
_FILES = ("directory", "confine", "encoding", "sep", "tfds_split")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = argparse.ArgumentParser(
        prog="keras-multimodal",
        description="Models for records made of more than one kind of data.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_train(commands)
    _add_evaluate(commands)
    _add_predict(commands)
    _add_describe(commands)
    _add_demo(commands)
    for command in commands.choices.values():
        command.add_argument("--debug", action="store_true", help="show where an error comes from")
    return parser


def _add_train(commands: Any) -> None:
    train = commands.add_parser(
        "train",
        help="train a model on a table of pictures, texts, recordings, series and columns",
        description=(
            "Trains a model on the rows of a table, and each modality alone beside it. What each "
            "column is, is read off its cells, unless an option says so. Writes the model, a "
            "SavedModel that takes raw cells, scores on rows set aside, a report, and all it takes "
            "to repeat the run."
        ),
    )
    train.add_argument(
        "source", nargs="?", metavar="TABLE", help=f"{SOURCES}; may stand in --config instead"
    )
    _add_options(train, declared(TrainingOptions).values())
    train.add_argument(
        "--config", metavar="FILE", help="these options in a .json or .yaml file; the others win"
    )
    train.add_argument(
        "--resume", action="store_true", help="go on with an interrupted run of the same output"
    )
    train.add_argument(
        "--overwrite", action="store_true", help="replace the folder of an earlier run"
    )


def _add_evaluate(commands: Any) -> None:
    evaluate = commands.add_parser("evaluate", help="score a trained model on a table")
    _add_run_and_table(evaluate)
    evaluate.add_argument("--output", metavar="FILE", help="JSON file for the scores")


def _add_predict(commands: Any) -> None:
    predict = commands.add_parser(
        "predict",
        help="write what a trained model says of each row of a table",
        description=(
            "Writes a row for each row of the table, in their order: the prediction, how sure it "
            "is, and in `status` what the row lacks, what could not be read and which numbers are "
            "far from training's."
        ),
    )
    _add_run_and_table(predict)
    predict.add_argument(
        "--output", required=True, metavar="FILE", help=".csv, .parquet or .jsonl file to write"
    )
    predict.add_argument("--overwrite", action="store_true", help="replace the file")
    predict.add_argument(
        "--raw",
        action="store_true",
        help="write cells of a .csv as they are, those too that a spreadsheet takes for formulas",
    )


def _add_run_and_table(parser: argparse.ArgumentParser) -> None:
    """Add what a trained model and the table that it is asked for take."""
    parser.add_argument("run", metavar="DIR", help="folder that train wrote")
    parser.add_argument("source", metavar="TABLE", help=SOURCES)
    _add_options(parser, (declared(TableOptions)[name] for name in _FILES))


def _add_describe(commands: Any) -> None:
    describe = commands.add_parser(
        "describe",
        help="say what a table holds: kinds, gaps, unreadable files, classes",
    )
    describe.add_argument("source", metavar="TABLE", help=SOURCES)
    describe.add_argument(
        "--output",
        default="description.html",
        metavar="FILE",
        help="HTML file to write (default: %(default)s)",
    )
    describe.add_argument(
        "--time",
        dest="timed",
        action="store_true",
        help="build a model of the target, and time some steps of its training",
    )
    _add_options(describe, declared(TableOptions).values())


def _add_demo(commands: Any) -> None:
    demo = commands.add_parser(
        "demo",
        help="train on real pictures and words, and write a model, a report and a SavedModel",
        description=(
            "Trains a picture-only, a name-only and a fused classifier on the OpenMoji icons, "
            "compares them, and writes model.keras, saved_model/, metrics.json, history.csv and "
            "report.html. Takes a few minutes on two cores."
        ),
    )
    demo.add_argument(
        "--output",
        type=pathlib.Path,
        default=pathlib.Path("keras-multimodal-demo"),
        metavar="DIR",
        help="folder to write (default: %(default)s)",
    )
    demo.add_argument(
        "--data",
        type=pathlib.Path,
        default=None,
        metavar="DIR",
        help="existing folder of icons/ and openmoji.csv, written there if it is empty "
        "(default: one in Keras' cache)",
    )
    demo.add_argument(
        "--epochs",
        type=_positive,
        default=20,
        metavar="N",
        help="epochs of each of the three models (default: %(default)s)",
    )
    demo.add_argument(
        "--seed", type=_seed, default=0, metavar="S", help="random seed (default: %(default)s)"
    )
    demo.add_argument(
        "--overwrite", action="store_true", help="replace the folder of an earlier demo"
    )


def _add_options(parser: argparse.ArgumentParser, options: Iterable[Option]) -> None:
    """Add options by their flags; those that are not given stay `None`."""
    for option in options:
        if option.name == "source":  # has a place and no flag
            continue
        settings: dict[str, Any] = {"dest": option.name, "help": option.help}
        if option.type is bool:
            settings.update(action="store_const", const=not option.default)
        elif option.type is tuple:
            settings.update(action="append", metavar=option.metavar)
        elif option.choices:
            settings.update(choices=option.choices)
        else:
            settings.update(type=option.type)
            settings.update(metavar=option.metavar)
        parser.add_argument(option.flag, **settings)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {value}")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value < 2**32:
        raise argparse.ArgumentTypeError(f"must be from 0 to 2**32 - 1, not {value}")
    return value
