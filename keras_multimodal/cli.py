"""The command line: a thin shell over the package."""

import argparse
import contextlib
import logging
import os
import pathlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from typing import Any

_TABLE = ".csv, .tsv, .parquet, .jsonl or .ndjson file, or tfds:NAME"


def _parser() -> argparse.ArgumentParser:
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
        "source", nargs="?", metavar="TABLE", help=f"{_TABLE}; may stand in --config instead"
    )
    train.add_argument(
        "--output", metavar="DIR", help="folder to write (default: keras-multimodal-run)"
    )
    _add_columns(train)
    train.add_argument("--fusion", metavar="NAME", help="how modalities are fused, by name")
    for option, type_, text in (
        ("--epochs", int, "the most epochs (default: 30)"),
        ("--patience", int, "epochs without improvement before training stops (default: 8)"),
        ("--batch-size", int, "rows in a batch (default: 32)"),
        ("--learning-rate", float, "of AdamW (default: 0.002)"),
        ("--time-limit", float, "minutes after which training stops, with the best epoch so far"),
    ):
        train.add_argument(option, type=type_, metavar="N", help=text)
    train.add_argument(
        "--no-baselines",
        dest="baselines",
        action="store_const",
        const=False,
        help="do not train each modality alone",
    )
    train.add_argument(
        "--config", metavar="FILE", help="these options in a .json or .yaml file; the others win"
    )
    train.add_argument(
        "--resume", action="store_true", help="go on with an interrupted run of the same output"
    )
    train.add_argument(
        "--overwrite", action="store_true", help="replace the folder of an earlier run"
    )


def _add_columns(parser: argparse.ArgumentParser) -> None:
    """Return the options that say what the columns are, and how rows are divided and read."""
    parser.add_argument("--target", metavar="COLUMN", help="the column to predict, or to write")
    _add_directory(parser)
    for kind, text in (
        ("image", "file names of pictures"),
        ("text", "texts"),
        ("audio", "file names of recordings"),
        ("sensor", "series, in CSV or Parquet files or as lists"),
        ("table", "numbers or categories"),
        ("ignore", "what is to be left out"),
    ):
        parser.add_argument(
            f"--{kind}",
            action="append",
            metavar="COLUMN",
            help=f"a column of {text}; may be given again",
        )
    parser.add_argument(
        "--only",
        action="store_const",
        const=True,
        help="leave out the columns that no option names",
    )
    parser.add_argument(
        "--task",
        choices=("classification", "regression", "generation", "retrieval"),
        help="default: classes or numbers, as the target's cells are",
    )
    parser.add_argument("--key", metavar="COLUMN", help="the rows' names, kept in predictions")
    parser.add_argument(
        "--split",
        metavar="COLUMN",
        help="the rows' parts: train, test and, if you have it, validation (default: 70, 15 and "
        "15 of 100, by chance)",
    )
    parser.add_argument("--group", metavar="COLUMN", help="groups, none of which is divided")
    parser.add_argument("--tfds-split", metavar="SPLIT", help="of tfds:NAME (default: train)")
    parser.add_argument("--seed", type=_seed, metavar="S", help="random seed (default: 0)")
    parser.add_argument(
        "--image-size", type=int, metavar="N", help="pixels on each side (default: 96)"
    )
    parser.add_argument(
        "--sample-rate", type=int, metavar="HZ", help="of recordings (default: 16000)"
    )
    parser.add_argument(
        "--duration",
        type=float,
        metavar="SECONDS",
        help="of recordings (default: that of the longest, at most 10)",
    )


def _add_directory(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--directory", metavar="DIR", help="folder that file names are relative to (the table's)"
    )


def _add_evaluate(commands: Any) -> None:
    evaluate = commands.add_parser("evaluate", help="score a trained model on a table")
    evaluate.add_argument("model", metavar="DIR", help="folder that train wrote")
    evaluate.add_argument("source", metavar="TABLE", help=_TABLE)
    evaluate.add_argument("--output", metavar="FILE", help="JSON file for the scores")
    evaluate.add_argument("--tfds-split", default="train", metavar="SPLIT", help="of tfds:NAME")
    _add_directory(evaluate)


def _add_predict(commands: Any) -> None:
    predict = commands.add_parser(
        "predict",
        help="write what a trained model says of each row of a table",
        description=(
            "Writes a row for each row of the table, in their order: the prediction, how sure it "
            "is, and in `status` what the row lacks or what could not be read."
        ),
    )
    predict.add_argument("model", metavar="DIR", help="folder that train wrote")
    predict.add_argument("source", metavar="TABLE", help=_TABLE)
    predict.add_argument(
        "--output", required=True, metavar="FILE", help=".csv, .parquet or .jsonl file to write"
    )
    predict.add_argument("--overwrite", action="store_true", help="replace the file")
    predict.add_argument("--tfds-split", default="train", metavar="SPLIT", help="of tfds:NAME")
    _add_directory(predict)


def _add_describe(commands: Any) -> None:
    describe = commands.add_parser(
        "describe",
        help="say what a table holds: kinds, gaps, unreadable files, classes, time to train",
    )
    describe.add_argument("source", metavar="TABLE", help=_TABLE)
    describe.add_argument(
        "--output",
        default="description.html",
        metavar="FILE",
        help="HTML file to write (default: %(default)s)",
    )
    _add_columns(describe)


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


@contextlib.contextmanager
def _quiet_start() -> Iterator[None]:
    """Hold back what TensorFlow logs while it is loaded, unless loading it fails.

    It would bury the one line that says what is wrong with the input, and TF_CPP_MIN_LOG_LEVEL
    alone doesn't stop what is logged that early.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
            # TensorFlow takes the functions of several Keras models for one that retraces.
            logging.getLogger("tensorflow").setLevel(logging.ERROR)
        except Exception:
            os.dup2(stderr, 2)
            log.seek(0)
            os.write(2, log.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options that were given, by the names that `commands.Options` has for them."""
    steering = {"command", "config", "resume", "overwrite"}
    return {
        name: value
        for name, value in vars(options).items()
        if name not in steering and value is not None
    }


def _run(options: argparse.Namespace) -> None:
    with _quiet_start():
        from keras_multimodal import commands, demo

    if options.command == "demo":
        demo.run(
            options.output,
            data_dir=options.data,
            epochs=options.epochs,
            seed=options.seed,
            overwrite=options.overwrite,
        )
    elif options.command == "train":
        given = _given(options)
        config = {}
        if options.config is not None:
            config = commands.read_config(options.config)
        where = "the options" if options.config is None else str(options.config)
        run = commands.Options.from_mapping({**config, **given}, where)
        options.resume_folder = run.resume_folder  # to say, when interrupted, how to go on
        commands.train(run, resume=options.resume, overwrite=options.overwrite)
    elif options.command == "describe":
        given = _given(options)
        page = given.pop("output")
        if given.get("target") is None:
            given["task"] = "retrieval"  # there is nothing to predict
        commands.describe(commands.Options.from_mapping(given, "the options"), page)
    elif options.command == "evaluate":
        commands.evaluate(
            options.model,
            options.source,
            options.output,
            directory_of_files=options.directory,
            tfds_split=options.tfds_split,
        )
    else:
        commands.predict(
            options.model,
            options.source,
            options.output,
            overwrite=options.overwrite,
            directory_of_files=options.directory,
            tfds_split=options.tfds_split,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The words after `keras-multimodal`; those of this process by default.

    Returns:
        The exit code: 0, or 2 where the input was at fault (one line on stderr says what).
    """
    options = _parser().parse_args(arguments)
    try:
        _run(options)
    except (OSError, ValueError, ImportError) as error:
        print(f"keras-multimodal: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        kept = getattr(options, "resume_folder", None)
        begun = kept is not None and kept.exists()
        left = "go on with the same command and --resume" if begun else "nothing was written"
        print(f"keras-multimodal: interrupted; {left}.", file=sys.stderr)
        return 130
    return 0
