"""What a trained model says of each row of a table."""

import difflib
import os
import pathlib
import tempfile
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from keras_multimodal import data
from keras_multimodal._folders import replace_file
from keras_multimodal.commands import model_folder, scoring, streams, table
from keras_multimodal.commands.cells import lacking_cells, say_wrong_numbers
from keras_multimodal.commands.model_folder import ModelFolder
from keras_multimodal.commands.rows import in_its_words, unreadable_wholly, where
from keras_multimodal.data import Records
from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.data.pairing.no_row_error import NoRowError
from keras_multimodal.schema import ClassTarget, ColumnKind, Schema

_DIGITS = 6  # of probabilities
_ENDINGS = (".csv", ".parquet", ".jsonl")


def predict(
    directory: str | os.PathLike[str],
    source: str,
    output: str | os.PathLike[str],
    overwrite: bool = False,
    directory_of_files: str | os.PathLike[str] | None = None,
    tfds_split: str = "train",
) -> pd.DataFrame:
    """Write what a model says of each row of a table: one row out for each row in, in their order.

    The columns are that of the key, if the run had one, else `row`, from 1; `prediction`, with
    `probability` of each class beside it, or `low` and `high`, between which eight of ten numbers
    are; and `status`: `ok`, or what the row lacks and what could not be read. A row of which
    nothing could be read has no prediction.

    Args:
        directory: The folder that `train` wrote.
        source: The table, as for `train`. A modality that it has no column for is taken as absent
            from every row.
        output: The file to write: `.csv`, `.parquet` or `.jsonl`.
        overwrite: Whether it may be replaced. Default False.
        directory_of_files: The folder that file names are relative to; the table's by default.
        tfds_split: Which rows of a data set of tensorflow-datasets.

    Returns:
        What was written.

    Raises:
        FileNotFoundError: If the folder or the table is missing.
        ValueError: If the output has another ending or is there already, if the table has none of
            the columns that the model knows, or if a newer version wrote the folder.
    """
    file = pathlib.Path(output)
    if file.suffix not in _ENDINGS:
        raise ValueError(f"`--output` must end in one of {_ENDINGS}. Received: {os.fspath(file)!r}")
    if file.exists() and not overwrite:
        raise ValueError(
            f"`--output` must be new, or come with --overwrite. Received: {os.fspath(file)!r}"
        )
    kept = model_folder.load(directory)
    if kept.task == "retrieval":
        raise ValueError(
            "`DIR` must hold a model that predicts; one of retrieval is searched with "
            f"inference.SearchIndex. Received: {os.fspath(directory)!r}"
        )
    key = kept.options.key
    with tempfile.TemporaryDirectory() as files:
        folder = pathlib.Path(files) / "files"
        read = table.read(source, directory_of_files, tfds_split, key, folder)
        said = answers(kept, read)
    if key is not None:
        said.insert(0, key, read.frame[read.column(key, "--key")].tolist())
    else:
        said.insert(0, "row", np.arange(len(said)) + 1)
    _write(said, file)
    print(f"{len(said)} rows, {int((said['status'] == 'ok').sum())} of them ok. Written to {file}")
    return said


def answers(kept: ModelFolder, read: table.Table) -> pd.DataFrame:
    """Return what a model says of each row, and the row's status.

    Args:
        kept: What a run left.
        read: The table.
    """
    records, status = known_rows(kept, read)
    columns: dict[str, Any] = {}
    if records is not None:
        said = scoring.predictions(
            kept.model, kept.schema, records, kept.task, kept.options.batch_size
        )
        columns = _columns(said, kept.schema)
    frame = pd.DataFrame(columns, index=[] if records is None else records.keys)
    frame = frame.reindex(read.frame.index)
    if "prediction" not in frame:
        frame["prediction"] = None
    return frame.assign(status=status).reset_index(drop=True)


def known_rows(
    kept: ModelFolder, read: table.Table, pairing: dict[str, Any] | None = None
) -> tuple[Records | None, list[str]]:
    """Return the rows of which something can be read, and the status of each row of the table.

    Args:
        kept: What a run left.
        read: The table.
        pairing: Further arguments of `data.pair`, such as labels.

    Raises:
        ValueError: If the table has none of the columns that the model knows.
    """
    read = _with_columns(kept, read)
    lacks, unseen = lacking_cells(read, kept.kinds, kept.schema)
    for name, cells in unseen.items():
        print(
            f"{len(cells)} cells of {name!r} are categories that were not seen in training, such "
            f"as {cells[0]!r}: they are read as unknown"
        )
    say_wrong_numbers(read, kept.kinds)
    own = streams.make(read, kept.kinds, kept.options, kept.schema)
    status: dict[Hashable, list[str]] = {row: [] for row in read.frame.index}
    try:
        records = data.pair(*own, on_missing="mask", on_error="mask", **(pairing or {}))
    except NoRowError:
        print(f"No row has anything that can be read: {where(read)}")
        return None, ["nothing that can be read"] * len(read.frame)
    report = in_its_words(records.report, read)
    print(report)
    for sentence in unreadable_wholly(records, read):
        print(sentence)
    for name, rows in report.missing.items():
        for row in rows:
            status[row].append(f"{name} missing")
    for name, files in report.unreadable.items():
        for row, reason in files.items():
            status[row].append(f"{name} could not be read: {reason}")
    for row, parts in lacks.items():
        if row not in report.missing.get(streams.TABLE, ()):  # which says as much
            status[row] += parts
    return records, ["; ".join(parts) or "ok" for parts in status.values()]


def _with_columns(kept: ModelFolder, read: table.Table) -> table.Table:
    """Return the table with an empty column for each that it lacks, which is said."""
    used = [each for each in kept.kinds if each.kind != "ignore"]
    lacking = [each for each in used if each.column not in read.frame.columns]
    if len(lacking) == len(used):
        raise ValueError(
            "The table must have columns that the model knows: "
            f"{[kept.names[each.column] for each in used]}. "
            f"Received: {list(read.names.values())}"
        )
    unknown = [name for own, name in read.names.items() if own not in kept.names]
    for each in lacking:
        name = kept.names[each.column]
        alike = [other for other in unknown if other.lower() == name.lower()]
        alike = alike or difflib.get_close_matches(name, unknown, n=1)
        hint = f" (is it {alike[0]!r}?)" if alike else ""
        print(f"The table has no column {name!r}{hint}: it is taken as missing from every row")
    if unknown:
        print(f"{len(unknown)} columns are not the model's and are not read: {name_keys(unknown)}")
    empty = {each.column: _nothing(each, len(read.frame)) for each in lacking}
    frame = pd.concat([read.frame, pd.DataFrame(empty, index=read.frame.index)], axis=1)
    return table.Table(frame, read.directory, {**kept.names, **read.names})


def _nothing(each: ColumnKind, rows: int) -> Sequence[Any]:
    return [float("nan")] * rows if each.kind == "number" else [None] * rows


def _columns(said: Any, schema: Schema) -> dict[str, Any]:
    target = schema.target
    if isinstance(said, list):
        return {"prediction": said}
    if isinstance(target, ClassTarget):
        best = np.asarray(target.classes, object)[said.argmax(-1)]
        said = said.astype("float64").round(_DIGITS)
        shares = {f"probability_{c}": said[:, n] for n, c in enumerate(target.classes)}
        return {"prediction": best, "probability": said.max(-1), **shares}
    low, median, high = said[:, 0].T
    return {"prediction": median, "low": low, "high": high}


def _write(frame: pd.DataFrame, file: pathlib.Path) -> None:
    with replace_file(file) as partial:
        if file.suffix == ".csv":
            frame.to_csv(partial, index=False)
        elif file.suffix == ".parquet":
            frame.to_parquet(partial, index=False)
        else:
            frame.to_json(partial, orient="records", lines=True, force_ascii=False)
