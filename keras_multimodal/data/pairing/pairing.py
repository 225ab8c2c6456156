"""Pairing: columns of single modalities to records, by key and never by position."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from keras_multimodal.data.column.column import Column
from keras_multimodal.data.column.sampled_column import SampledColumn
from keras_multimodal.data.pairing.checks import (
    check_arguments,
    check_duplicates,
    check_labelled,
    check_overlap,
    check_present,
    check_target,
    repeated_keys,
    where,
)
from keras_multimodal.data.pairing.no_row_error import NoRowError
from keras_multimodal.data.pairing.records import Records
from keras_multimodal.data.pairing.report import PairingReport
from keras_multimodal.data.pairing.verification import Unreadable, find_unreadable
from keras_multimodal.data.targets.by_key import weights_by_key
from keras_multimodal.data.targets.given import GivenTarget, read_targets, resolve_targets
from keras_multimodal.data.targets.labels import Labels
from keras_multimodal.data.targets.matching import describe_match, number_parts
from keras_multimodal.data.targets.texts import OnLong, as_target, check_lengths, too_long
from keras_multimodal.data.text.column import TextColumn
from keras_multimodal.schema import Schema
from keras_multimodal.schema.schema import Target
from keras_multimodal.types import Tensor

OnMissing = Literal["error", "drop", "mask"]
OnError = Literal["raise", "drop", "mask"]
OnDuplicates = Literal["error", "expand", "sample"]


def pair(
    *columns: Column,
    labels: pd.DataFrame | pd.Series | Mapping[Hashable, Any] | Sequence[Any] | None = None,
    classes: Sequence[Any] | Mapping[str, Sequence[Any]] | None = None,
    ordered: bool | Sequence[str] = False,
    values: Tensor = None,
    captions: TextColumn | None = None,
    match: bool | Mapping[str, Sequence[str]] = False,
    sample_weight: pd.Series | Mapping[Hashable, float] | Sequence[float] | None = None,
    on_missing: OnMissing = "error",
    on_error: OnError = "raise",
    on_duplicates: OnDuplicates = "error",
    on_long: OnLong = "error",
) -> Records:
    """Join columns by their keys.

    Args:
        *columns: One column for each modality, with names that differ. The order of the first
            column's rows is kept.
        labels: The class of each row: a Series (its index holds the keys), a dict by key, or a
            list in the order of the first column's rows. Rows that may have several classes, or
            none, have lists of them. Several targets are a frame (its index holds the keys) with a
            column for each.
        classes: All classes, in the order of their numbers; those that occur, sorted, by default.
            Where `labels` have several columns: a dict of these by column.
        ordered: Whether the classes are steps of a scale, such as grades, in the order of
            `classes`. Where `labels` have several columns: the names of those that are.
        values: In place of classes, the number of each row, in units of your own, given as `labels`
            is; or several, as a frame whose index holds the keys. Their means and standard
            deviations are learned on the training rows. Beside `labels`, each column is a target
            of its own. A row may lack some of several targets, but not all of them.
        captions: In place of classes, the text that is to be written for each row: a column of
            `TextProcessor`. Its vocabulary is learned on the training rows.
        match: In place of classes: the parts of a row are to find each other, as pictures and
            captions do. True for every modality by itself, or the modalities of each part, such
            as `{"photo": ["image"], "offer": ["text", "table"]}`.
        sample_weight: The weight of each row in losses and metrics, given as `labels` is. A row
            without a weight counts once.
        on_missing: What happens to a row that lacks a modality which is not optional: `"error"`
            refuses, `"drop"` leaves the row out, `"mask"` declares every modality optional and
            keeps the row, unless it has no modality at all. `"drop"` leaves out rows without any
            label too. `records.report` counts everything.
        on_error: What happens to a file that cannot be read: `"raise"` raises when the batch is
            read; `"drop"` and `"mask"` read every file once, here, and leave the row out, or
            declare the modality optional and take it as absent from the row. `records.report`
            names each file and what is wrong with it. Files of series were read before, by
            `SensorProcessor.from_dataframe`, whose `on_error` holds for them.
        on_duplicates: What happens where a column has a key more than once, such as five captions
            of one picture: `"error"` refuses; `"expand"` makes a row of each, with the key
            `(key, number)`, in one column at most, and `split` keeps them together; `"sample"`
            keeps one row, which draws one of them anew in each training epoch and has the first
            otherwise.
        on_long: What happens to a row whose caption has more tokens than its column keeps:
            `"error"` refuses, `"truncate"` cuts the caption, `"drop"` leaves the row out.
            `records.report` counts those cut.

    Returns:
        The records, one for each key, but see `on_duplicates`.

    Raises:
        TypeError: If something other than a column is given.
        ValueError: If two kinds of target are given that do not go together, or an order without
            classes; if names or keys repeat, if keys match nothing, if a row lacks something that
            it must have, if a value is no finite number, or if a weight is negative or not finite.
            The message names the keys.

    Example:

    >>> from keras_multimodal.data import TextProcessor
    >>> names = TextProcessor(length=2).load_data({"a": "red cat", "b": "dog"}, name="title")
    >>> notes = TextProcessor(length=4).load_data({"b": "barks", "a": ""}, name="note")
    >>> records = pair(names, notes, labels={"a": "feline", "b": "canine"}, on_missing="mask")
    >>> print(records.report)
    2 rows, 1 of them with everything
      without note: 1 ('a')
    """
    check_target(
        {
            "labels": labels is not None,
            "values": values is not None,
            "captions": captions is not None,
            "match": match is not False,
        }
    )
    if captions is not None and not isinstance(captions, TextColumn):
        raise TypeError(
            f"`captions` must be a column of TextProcessor. Received: {type(captions).__name__}"
        )
    check_arguments(
        columns,
        on_long=(on_long, ("error", "truncate", "drop")),
        on_missing=(on_missing, ("error", "drop", "mask")),
        on_error=(on_error, ("raise", "drop", "mask")),
        on_duplicates=(on_duplicates, ("error", "expand", "sample")),
    )
    described = describe_match(match, columns) if match is not False else None
    repeated = {column.spec.name: repeated_keys(column) for column in columns}
    if on_duplicates == "error":
        check_duplicates(repeated, columns)
    check_overlap(columns)
    if on_missing == "mask":
        columns = tuple(column.as_optional() for column in columns)
    elif on_error == "mask":
        columns = tuple(s.as_optional() if s.reads_files else s for s in columns)
    keys, groups, aligned = _align(columns, repeated, on_duplicates)
    # What can't be read is there, and not missing.
    there = np.stack(
        [shown.present | _spoiled(own, groups) for own, shown in zip(columns, aligned, strict=True)]
    )  # (modalities, rows)
    unreadable = [] if on_error == "raise" else find_unreadable(columns)
    if unreadable:
        readable = [_without(column, unreadable) for column in columns]
        keys, groups, aligned = _align(readable, repeated, on_duplicates)
    present = np.stack([column.present for column in aligned])  # (modalities, rows)
    required = np.array([not column.spec.optional for column in aligned])
    usable = present[required].all(0) & present.any(0)
    broken = there & ~present

    given = read_targets(labels, classes, ordered, values, columns[0])
    if captions is not None:
        check_duplicates({captions.spec.name: repeated_keys(captions)}, [captions])
        texts = dict(zip(captions.keys, captions.cells.tolist(), strict=True))
        given = [GivenTarget(name=captions.spec.name, cells=texts, argument="captions")]
    has = np.array([own.has(groups) for own in given], bool)  # (targets, rows)
    labelled = np.asarray(has.any(0)) if given else np.ones(len(groups), bool)
    if on_missing == "error":
        # What cannot be read is not missing; `on_error` has said what becomes of it.
        check_present(aligned, keys, usable | broken.any(0))
    for column, lost in zip(columns, broken, strict=True):
        if (column.on_unreadable if column.unreadable else on_error) == "drop":
            usable &= ~lost
    if on_missing != "drop":
        arguments = list(dict.fromkeys(own.argument.split("[")[0] for own in given))
        check_labelled(keys, usable & ~labelled, arguments)
    usable &= labelled
    cut: tuple[Hashable, ...] = ()
    if captions is not None:
        place = {key: row for row, key in enumerate(captions.keys)}
        captions = captions.take(keys, np.array([place.get(group, -1) for group in groups], int))
        as_target(captions.spec)  # refuses texts that could not be put together again
        longer = usable & too_long(captions)
        if on_long == "error":
            check_lengths(longer, keys, captions)
        elif on_long == "drop":
            usable &= ~longer
        else:
            cut = where(keys, longer)
    if not usable.any():
        raise NoRowError(
            f"`columns` must have a row in common that has everything. Received: {len(keys)} rows, "
            "each of which lacks something"
        )
    complete = present.all(0) & (has.all(0) if given else True)
    report = PairingReport(
        rows=int(usable.sum()),
        matched=int((complete & usable).sum()),
        missing={
            column.spec.name: where(keys, ~has) for column, has in zip(aligned, there, strict=True)
        },
        unreadable={
            column.spec.name: {
                **column.unreadable,
                **{
                    cell.key: f"{cell.cell!r} {cell.reason}"
                    for cell in unreadable
                    if cell.modality == column.spec.name
                },
            }
            for column in columns
        },
        unlabeled=where(keys, ~labelled),
        partly_labeled={
            own.name: where(keys, labelled & ~there)
            for own, there in zip(given, has, strict=True)
            if len(given) > 1
        },
        dropped=where(keys, ~usable),
        unused_labels=len({key for own in given for key in own.cells} - set(groups)),
        duplicates=repeated,
        cut=cut,
    )
    kept = np.flatnonzero(usable)
    keys, groups = [keys[row] for row in kept], [groups[row] for row in kept]
    aligned = [column.take(keys, kept) for column in aligned]
    target: Target | None = described
    numbers: Labels | None = None if described is None else number_parts(described, aligned)
    if captions is not None:
        captions = captions.take(keys, kept)
        target = as_target(captions.spec)
    elif given:
        target, numbers = resolve_targets(given, groups, keys)
    Schema(
        [column.spec for column in aligned], target
    )  # refuses names that get in each other's way
    return Records(
        aligned,
        keys,
        labels=numbers,
        captions=captions,
        target=target,
        report=report,
        groups=[_group_of(group, aligned) for group in groups],
        weights=None
        if sample_weight is None
        else weights_by_key(sample_weight, columns[0], groups),
    )


def _spoiled(column: Column, groups: Sequence[Hashable]) -> np.ndarray:
    """Which rows lack the modality since what they have could not be read, `(rows,)` bool."""
    if not column.unreadable:
        return np.zeros(len(groups), bool)
    return np.array([column.group_of(group) in column.unreadable for group in groups])


def _group_of(key: Hashable, columns: Sequence[Column]) -> Hashable:
    for column in columns:
        key = column.group_of(key)
    return key


def _align(
    columns: Sequence[Column],
    repeated: Mapping[str, Mapping[Hashable, int]],
    on_duplicates: OnDuplicates,
) -> tuple[list[Hashable], list[Hashable], list[Column]]:
    """The rows' keys, the key that each has in the columns, and the columns in their order."""
    groups = list(dict.fromkeys(key for column in columns for key in column.keys))
    rows: dict[str, dict[Hashable, list[int]]] = {}
    for column in columns:
        places = rows.setdefault(column.spec.name, {})
        for row, key in enumerate(column.keys):
            places.setdefault(key, []).append(row)
    keys = list(groups)
    numbers = [0] * len(groups)
    expanded = [name for name, counts in repeated.items() if counts]
    if on_duplicates == "expand" and expanded:
        if len(expanded) > 1:
            raise ValueError(
                '`on_duplicates="expand"` must go with keys that repeat in one column only. '
                f"Received: keys that repeat in {expanded}"
            )
        counts = [max(len(rows[expanded[0]].get(group, ())), 1) for group in groups]
        numbers = [index for count in counts for index in range(count)]
        groups = [group for group, count in zip(groups, counts, strict=True) for _ in range(count)]
        keys = list(zip(groups, numbers, strict=True))
    aligned: list[Column] = []
    for column in columns:
        name = column.spec.name
        options = [rows[name].get(group, []) for group in groups]
        if repeated[name] and on_duplicates == "sample":
            aligned.append(SampledColumn(column, keys, options))
            continue
        # A column whose keys repeat is numbered with the rows; another's one cell goes to all.
        chosen = [
            own[index if len(own) > 1 else 0] if own else -1
            for own, index in zip(options, numbers, strict=True)
        ]
        aligned.append(column.take(keys, np.array(chosen)))
    return keys, groups, aligned


def _without(column: Column, unreadable: Sequence[Unreadable]) -> Column:
    """Return the column with the cells that cannot be read absent."""
    rows = np.arange(len(column))
    rows[[cell.row for cell in unreadable if cell.modality == column.spec.name]] = -1
    return column.take(column.keys, rows)
