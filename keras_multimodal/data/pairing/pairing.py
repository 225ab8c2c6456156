"""Pairing: columns of single modalities to records, by key and never by position."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from keras_multimodal.data.column.column import Column
from keras_multimodal.data.column.column_holder import ColumnHolder, held_column
from keras_multimodal.data.column.key_repeats import check_duplicates, repeated_keys
from keras_multimodal.data.pairing.alignment import AlignedColumns, OnDuplicates, align
from keras_multimodal.data.pairing.checks import (
    check_arguments,
    check_labelled,
    check_lengths,
    check_overlap,
    check_present,
    check_raw_names,
    where,
)
from keras_multimodal.data.pairing.description import check_target, columns_by_schema
from keras_multimodal.data.pairing.findings import report_on
from keras_multimodal.data.pairing.no_row_error import NoRowError
from keras_multimodal.data.pairing.records import Records
from keras_multimodal.data.pairing.verification import find_unreadable, without_unreadable
from keras_multimodal.data.targets.by_key import weights_by_key
from keras_multimodal.data.targets.reading import read_target
from keras_multimodal.data.targets.texts import OnLong
from keras_multimodal.data.text.column import TextColumn
from keras_multimodal.schema import Schema
from keras_multimodal.types import Tensor

OnMissing = Literal["error", "drop", "mask"]
OnError = Literal["raise", "drop", "mask"]


def pair(
    *columns: Column | ColumnHolder,
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
    schema: Schema | None = None,
) -> Records:
    """Join columns by their keys.

    Args:
        *columns: One column for each modality, with names that differ, or a flow of
            `ImageStream`. The order of the first column's rows is kept.
        labels: The class of each row: a Series (its index holds the keys), a dict by key, or a
            list in the order of the first column's rows. Rows that may have several classes, or
            none, have lists of them. Rows of a one or a zero for each class, an array or a frame
            whose columns are the classes, are one class for each row where each has a single one,
            as of `keras.utils.to_categorical`, and several classes otherwise. Several targets are
            any other frame (its index holds the keys), with a column for each.
        classes: All classes, in the order of their numbers; those that occur, sorted, by default.
            Where `labels` have several columns: a dict of these by column, also where these are of
            ones and zeros and yet targets of their own.
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
        schema: What a model was trained with, `train.schema`, for new rows that it is to be given:
            columns and target are read by it, and what it has learned stays, through every split
            too. The rows need no target. They may lack what is optional there.

    Returns:
        The records, one for each key, but see `on_duplicates`.

    Raises:
        TypeError: If something other than a column is given.
        ValueError: If two kinds of target are given that do not go together, or an order without
            classes; if names or keys repeat, if keys match nothing, if a row lacks something that
            it must have, if a value is no finite number, or if a weight is negative or not finite;
            or if `schema` does not describe the columns. The message names the keys.

    Example:

    >>> from keras_multimodal.data import TextProcessor
    >>> names = TextProcessor(length=2).load_data({"a": "red cat", "b": "dog"}, name="title")
    >>> notes = TextProcessor(length=4).load_data({"b": "barks", "a": ""}, name="note")
    >>> records = pair(names, notes, labels={"a": "feline", "b": "canine"}, on_missing="mask")
    >>> print(records.report)
    2 rows, 1 of them with everything
      without note: 1 ('a')
    """
    modalities = tuple(held_column(column) for column in columns)
    check_arguments(
        modalities,
        on_long=(on_long, ("error", "truncate", "drop")),
        on_missing=(on_missing, ("error", "drop", "mask")),
        on_error=(on_error, ("raise", "drop", "mask")),
        on_duplicates=(on_duplicates, ("error", "expand", "sample")),
    )
    repeated = {column.spec.name: repeated_keys(column) for column in modalities}
    if on_duplicates == "error":
        check_duplicates(repeated, modalities)
    check_overlap(modalities)
    target = read_target(
        modalities,
        labels=labels,
        classes=classes,
        ordered=ordered,
        values=values,
        captions=captions,
        match=match,
    )
    if schema is None:
        check_raw_names(modalities)
        modalities = _declare_optional(modalities, on_missing, on_error)
    else:
        modalities = columns_by_schema(modalities, schema, on_missing, on_error)
        target = target if schema.target is None else target.as_described(schema.target)
    rows = align(modalities, repeated, on_duplicates)
    present = rows.present | rows.unreadable(modalities)  # what can't be read is not missing
    unreadable = [] if on_error == "raise" else find_unreadable(modalities)
    if unreadable:
        readable = [without_unreadable(column, unreadable) for column in modalities]
        rows = align(readable, repeated, on_duplicates)
    usable = _usable_rows(modalities, rows, present, on_missing, on_error)
    labelled = target.present(rows.groups)
    if on_missing != "drop":
        check_labelled(rows.keys, usable & ~labelled, target.arguments)
    usable &= labelled
    longer = usable & target.too_long(rows.groups)
    if on_long == "error":
        check_lengths(rows.keys, longer, captions)
    elif on_long == "drop":
        usable &= ~longer
    if not usable.any():
        raise NoRowError(
            "`columns` must have a row in common that has everything. "
            f"Received: {len(rows.keys)} rows, each of which lacks something"
            + (f"; {unreadable[0]}" if unreadable else ""),
            unreadable,
        )
    cut = where(rows.keys, longer) if on_long == "truncate" else ()
    report = report_on(modalities, rows, target, present, unreadable, usable, repeated, cut)
    rows = rows.take(np.flatnonzero(usable))
    target = target.align(rows.groups, rows.keys, rows.columns)
    if schema is not None:
        check_target(target, schema)
    # Refuses names that get in each other's way.
    Schema([column.spec for column in rows.columns], target.spec)
    weights = (
        None if sample_weight is None else weights_by_key(sample_weight, modalities[0], rows.groups)
    )
    return Records(rows.with_targets(target, weights, schema is not None), report)


def _declare_optional(
    columns: Sequence[Column], on_missing: OnMissing, on_error: OnError
) -> tuple[Column, ...]:
    """Return the columns, those of them optional of which rows may turn out to lack a cell."""
    if on_missing == "mask":
        return tuple(column.as_optional() for column in columns)
    if on_error == "mask":
        return tuple(c.as_optional() if c.reads_files else c for c in columns)
    return tuple(columns)


def _usable_rows(
    columns: Sequence[Column],
    rows: AlignedColumns,
    present: np.ndarray,
    on_missing: OnMissing,
    on_error: OnError,
) -> np.ndarray:
    """Return which rows have the cells that they must have, `(rows,)` bool.

    Args:
        columns: The columns before they were aligned.
        rows: The columns in one order of rows; what cannot be read is absent.
        present: Which cells there are, `(modalities, rows)` bool, whether they can be read or not.
        on_missing: See `pair`.
        on_error: See `pair`.
    """
    usable = rows.usable
    broken = present & ~rows.present  # (modalities, rows)
    if on_missing == "error":
        # Of what cannot be read `on_error` has said what becomes of it.
        check_present(rows.columns, rows.keys, usable | broken.any(0))
    for column, lost in zip(columns, broken, strict=True):
        if (column.on_unreadable if column.unreadable else on_error) == "drop":
            usable &= ~lost
    return usable
