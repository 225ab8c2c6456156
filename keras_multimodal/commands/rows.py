"""The rows of a run: paired, looked at and divided."""

from keras_multimodal import data
from keras_multimodal.commands import goal, streams
from keras_multimodal.commands.options import Options
from keras_multimodal.commands.table import Table
from keras_multimodal.data import Records
from keras_multimodal.schema import ColumnKind

_PARTS = ("training", "validation", "test")
_VALIDATION, _TEST = 0.15, 0.15  # shares of the rows


def pair(read: Table, kinds: list[ColumnKind], options: Options, aim: goal.Goal) -> Records:
    """The rows that have a target and something to learn of, and what was left out, printed."""
    having = read.frame[aim.rows]
    without = len(read.frame) - len(having)
    if without:
        print(f"{without} of {len(read.frame)} rows have no target and are left out")
    own = streams.make(Table(having, read.directory, read.names), kinds, options)
    try:
        records = data.pair(*own, on_missing="mask", on_error="mask", **aim.pairing)
    except ValueError as error:
        if "must have a row in common" not in str(error):
            raise
        raise ValueError(
            "The table must have a row of which something can be read. Received: none; are the "
            f"names relative to {str(read.directory)!r}? `--directory` says another folder"
        ) from error
    print(records.report, flush=True)
    for name, files in records.report.unreadable.items():
        if not files:
            continue
        first, reason = next(iter(files.items()))
        print(f"  {name} cannot be read in {len(files)} rows, such as row {first}: {reason}")
    return records


def check_readable(records: Records, read: Table) -> None:
    """Refuse a modality of which no file can be read.

    Args:
        records: The rows.
        read: The table.

    Raises:
        ValueError: If there is one. The message says why the first cannot.
    """
    for stream in records.streams:
        files = records.report.unreadable[stream.spec.name]
        if files and not stream.present.any():
            first, reason = next(iter(files.items()))
            raise ValueError(
                f"{stream.spec.name} cannot be read in {len(files)} rows, such as row {first}: "
                f"{reason}. No row has one that can be: are the names relative to "
                f"{str(read.directory)!r}? `--directory` says another folder"
            )


def split(records: Records, read: Table, options: Options) -> dict[str, Records]:
    """Training, validation and test rows.

    Args:
        records: The rows.
        read: The table, for the columns of parts and groups.
        options: Which column says the parts, and which the groups.

    Raises:
        ValueError: If a part, or a class of the training part, would have no row.
    """
    groups = None
    if options.group is not None:
        groups = read.frame.loc[records.keys, read.column(options.group, "--group")]
    if options.split is None:
        parts = records.split(validation=_VALIDATION, test=_TEST, seed=options.seed, groups=groups)
        return dict(zip(_PARTS, parts, strict=True))
    column = read.frame.loc[records.keys, read.column(options.split, "--split")].map(str)
    try:
        if set(column) == {"train", "test"}:
            learning, _ = records.split_by(column, ("train", "test"))
            groups = None if groups is None else groups.loc[learning.keys]
            drawn = learning.split(validation=_VALIDATION, seed=options.seed, groups=groups)[1]
            column = column.where(~column.index.isin(drawn.keys), "validation")
        return dict(zip(_PARTS, records.split_by(column), strict=True))
    except ValueError as error:
        raise ValueError(str(error).replace("`parts`", "`--split`")) from error
