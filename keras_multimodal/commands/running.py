"""The commands: each calls the library, and says what that has found."""

import argparse
import contextlib
import functools
import json
import math
import os
import pathlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from keras_multimodal import demo, experiment, tables
from keras_multimodal._folders import replace_file
from keras_multimodal._options import declared
from keras_multimodal.commands.messages import flags_of, say
from keras_multimodal.commands.option_file import read_config
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema.number_writing import as_number
from keras_multimodal.types import Cell

Tell = Callable[[object], None]
# The arguments that are no options of a table or a run.
_STEERING = ("command", "config", "resume", "overwrite", "timed", "debug", "raw")
_ENDINGS = (".csv", ".parquet", ".jsonl")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet's formula may begin with


def run_command(arguments: argparse.Namespace) -> None:
    """Run the command that was given.

    Args:
        arguments: What the parser has made of the words.
    """
    _COMMANDS[arguments.command](arguments, functools.partial(say, flags=flags_of(arguments)))


def _train(arguments: argparse.Namespace, tell: Tell) -> None:
    config = {} if arguments.config is None else read_config(arguments.config)
    where = "the options" if arguments.config is None else str(arguments.config)
    values = {**config, **_given(arguments)}
    if values.get("source") is None:
        raise ValueError(f"{where} must name the table, 'source'.")
    options = experiment.TrainingOptions.from_mapping(values, where)
    arguments.resume_folder = options.resume_folder  # to say, when interrupted, how to go on
    run = experiment.train(
        options,
        resume=arguments.resume,
        overwrite=arguments.overwrite,
        verbose=1 if sys.stdout.isatty() else 2,
        on_finding=tell,
    )
    tell(run)


def _describe(arguments: argparse.Namespace, tell: Tell) -> None:
    values = _given(arguments)
    page = values.pop("output")
    options = tables.TableOptions.from_mapping(values, "the options")
    with _table(arguments, tell, options.key) as table:
        tell(f"Reading {len(table.frame)} rows")
        description = experiment.describe(table, options, timed=arguments.timed, on_finding=tell)
    description.write(page)
    tell(description)
    print(f"Written to {page}")


def _evaluate(arguments: argparse.Namespace, tell: Tell) -> None:
    with contextlib.ExitStack() as stack:
        partial = None
        if arguments.output is not None:  # asked for now, and not when all is done
            file = replace_file(arguments.output, overwrite=False, argument="output")
            partial = stack.enter_context(file)
        run = experiment.load(arguments.run)
        table = stack.enter_context(_table(arguments, tell))
        evaluation = experiment.evaluate(run, table, on_finding=tell)
        tell(evaluation)
        if partial is not None:
            partial.write_text(json.dumps(evaluation.scores, indent=1), "utf-8")


def _predict(arguments: argparse.Namespace, tell: Tell) -> None:
    file = pathlib.Path(arguments.output)
    if file.suffix not in _ENDINGS:
        raise ArgumentError(
            "output", f"must end in one of {_ENDINGS}. Received: {os.fspath(file)!r}"
        )
    if file.exists() and not arguments.overwrite:
        raise ArgumentError(
            "output", f"must be new, or come with `overwrite`. Received: {os.fspath(file)!r}"
        )
    # The file is asked for now, and not when all is done.
    with replace_file(file, overwrite=arguments.overwrite, argument="output") as partial:
        run = experiment.load(arguments.run)
        with _table(arguments, tell, run.options.key) as table:
            answers = experiment.predict(run, table, on_finding=tell)
        _write(answers, partial, arguments.raw)
    fine = int((answers["status"] == "ok").sum())
    print(f"{len(answers)} rows, {fine} of them ok. Written to {file}")


def _demo(arguments: argparse.Namespace, tell: Tell) -> None:
    demo.run(
        arguments.output,
        data_dir=arguments.data,
        epochs=arguments.epochs,
        seed=arguments.seed,
        overwrite=arguments.overwrite,
    )


_COMMANDS: dict[str, Callable[[argparse.Namespace, Tell], None]] = {
    "train": _train,
    "describe": _describe,
    "evaluate": _evaluate,
    "predict": _predict,
    "demo": _demo,
}


def _given(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options that were given, as a file of options has them."""
    options = declared(experiment.TrainingOptions)
    return {
        options[name].key if name in options else name: value
        for name, value in vars(arguments).items()
        if name not in _STEERING and value is not None
    }


@contextlib.contextmanager
def _table(
    arguments: argparse.Namespace, tell: Tell, key: str | None = None
) -> Iterator[tables.Table]:
    """Yield the table, the files of a data set of tensorflow-datasets in a folder that goes."""
    with tempfile.TemporaryDirectory() as directory:
        yield tables.read(
            arguments.source,
            arguments.directory,
            tfds_split=arguments.tfds_split or "train",
            key=key,
            files_directory=pathlib.Path(directory) / "files",
            confine=bool(arguments.confine),
            encoding=arguments.encoding,
            sep=arguments.sep,
            on_finding=tell,
        )


def _write(frame: pd.DataFrame, file: pathlib.Path, raw: bool) -> None:
    """Write a frame in the form that the file's ending names."""
    if file.suffix == ".csv":
        frame = frame if raw else frame.map(_guarded).rename(columns=_guarded)
        frame.to_csv(file, index=False)
    elif file.suffix == ".parquet":
        frame.to_parquet(file, index=False)
    else:
        frame.to_json(file, orient="records", lines=True, force_ascii=False)


def _guarded(cell: Cell) -> Cell:
    """Return a cell that a spreadsheet does not take for a formula."""
    formula = isinstance(cell, str) and cell.startswith(_FORMULA) and math.isnan(as_number(cell))
    return f"'{cell}" if formula else cell
