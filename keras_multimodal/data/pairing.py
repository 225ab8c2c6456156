"""Pairing: streams of single modalities to records, by key and never by position."""

import collections
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from keras_multimodal.data.cells import is_missing, name_keys
from keras_multimodal.data.pairing_report import PairingReport
from keras_multimodal.data.records import Records
from keras_multimodal.data.stream import Stream
from keras_multimodal.schema import Category

OnMissing = Literal["error", "drop", "mask"]


def pair(
    *streams: Stream,
    labels: pd.Series | Mapping[Hashable, Any] | Sequence[Any] | None = None,
    classes: Sequence[Any] | None = None,
    on_missing: OnMissing = "error",
) -> Records:
    """Join streams by their keys.

    Args:
        *streams: One stream for each modality, with names that differ. The order of the first
            stream's rows is kept.
        labels: The class of each row: a Series (its index holds the keys), a dict by key, or a
            list in the order of the first stream's rows.
        classes: All classes, in the order of their numbers; those that occur, sorted, by default.
        on_missing: What happens to a row that lacks a modality which is not optional: `"error"`
            refuses, `"drop"` leaves the row out, `"mask"` declares every modality optional and
            keeps the row, unless it has no modality at all. `"drop"` leaves out rows without a
            label too. `records.report` counts everything.

    Returns:
        The records, one for each key.

    Raises:
        TypeError: If something other than a stream is given.
        ValueError: If names or keys repeat, if keys match nothing, or if a row lacks something
            that it must have. The message names the keys.

    Example:

    >>> from keras_multimodal.data import TextProcessor
    >>> names = TextProcessor(length=2).load_data({"a": "red cat", "b": "dog"}, name="title")
    >>> notes = TextProcessor(length=4).load_data({"b": "barks", "a": ""}, name="note")
    >>> records = pair(names, notes, labels={"a": "feline", "b": "canine"}, on_missing="mask")
    >>> print(records.report)
    2 rows, 1 of them with everything
      without note: 1 ('a')
    """
    _check_arguments(streams, on_missing)
    for stream in streams:
        _check_duplicates(stream)
    rows_of = {
        stream.spec.name: {key: i for i, key in enumerate(stream.keys)} for stream in streams
    }
    _check_overlap(streams)
    keys = list(dict.fromkeys(key for stream in streams for key in stream.keys))
    if on_missing == "mask":
        streams = tuple(stream.as_optional() for stream in streams)
    aligned = [
        stream.take(keys, np.array([rows_of[stream.spec.name].get(key, -1) for key in keys]))
        for stream in streams
    ]
    present = np.stack([stream.present for stream in aligned])  # (modalities, rows)
    required = np.array([not stream.spec.optional for stream in aligned])
    usable = present[required].all(0) & present.any(0)

    targets = None if labels is None else _targets_by_key(labels, streams[0])
    labelled = (
        None if targets is None else np.array([not is_missing(targets.get(key)) for key in keys])
    )
    if on_missing == "error":
        _check_present(aligned, keys, usable)
    if on_missing != "drop" and labelled is not None:
        lacking = _where(keys, usable & ~labelled)
        if lacking:
            raise ValueError(
                f"`labels` must have a label for each row. Received: none for {len(lacking)} of "
                f"{len(keys)} rows ({name_keys(lacking)}). Fill them in, or leave such rows out "
                'with on_missing="drop".'
            )
    if labelled is not None:
        usable &= labelled
    if not usable.any():
        raise ValueError(
            f"`streams` must have a row in common that has everything. Received: {len(keys)} rows, "
            "each of which lacks something"
        )
    complete = present.all(0) & (True if labelled is None else labelled)
    report = PairingReport(
        rows=int(usable.sum()),
        matched=int((complete & usable).sum()),
        missing={
            stream.spec.name: _where(keys, ~has)
            for stream, has in zip(aligned, present, strict=True)
        },
        unlabeled=() if labelled is None else _where(keys, ~labelled),
        dropped=_where(keys, ~usable),
        unused_labels=0 if targets is None else len(targets.keys() - set(keys)),
        duplicates={stream.spec.name: {} for stream in streams},
    )
    kept = np.flatnonzero(usable)
    keys = [keys[row] for row in kept]
    target, numbers = None, None
    if targets is not None:
        target, numbers = _number([targets[key] for key in keys], keys, classes)
    return Records(
        [stream.take(keys, kept) for stream in aligned],
        keys,
        labels=numbers,
        target=target,
        report=report,
    )


def _check_arguments(streams: Sequence[Any], on_missing: str) -> None:
    if on_missing not in ("error", "drop", "mask"):
        raise ValueError(
            f"`on_missing` must be 'error', 'drop' or 'mask'. Received: on_missing={on_missing!r}"
        )
    if not streams:
        raise ValueError("`streams` must name at least one stream. Received: none")
    for stream in streams:
        if not isinstance(stream, Stream):
            raise TypeError(
                "`streams` must be streams, such as ImageStream and TextProcessor make. "
                f"Received: {type(stream).__name__}"
            )
    names = [stream.spec.name for stream in streams]
    if len(set(names)) < len(names):
        raise ValueError(
            "`streams` must have names that differ; give each its own with `name=`. "
            f"Received: names={names}"
        )


def _check_duplicates(stream: Stream) -> None:
    counts = collections.Counter(stream.keys)
    if len(counts) < len(stream.keys):
        repeated = [key for key, count in counts.items() if count > 1]
        raise ValueError(
            f"`streams` must have each key once. Received: {len(repeated)} keys more than once in "
            f"{stream.spec.name!r} ({stream.source}): {name_keys(repeated)}. Remove the repeats."
        )


def _check_overlap(streams: Sequence[Stream]) -> None:
    """Keys of two types, such as 7 and "7", are the usual reason why nothing matches."""
    for stream in streams[1:]:
        others = {key for other in streams if other is not stream for key in other.keys}
        if others.isdisjoint(stream.keys):
            first = streams[0]
            raise ValueError(
                f"`streams` must share keys. Received: no key of {stream.spec.name!r} "
                f"({name_keys(stream.keys, 3)}) occurs in the other streams; those of "
                f"{first.spec.name!r} are {name_keys(first.keys, 3)}"
            )


def _check_present(aligned: Sequence[Stream], keys: Sequence[Hashable], usable: np.ndarray) -> None:
    if usable.all():
        return
    empty = ~np.any([stream.present for stream in aligned], axis=0)
    parts = []
    for stream in aligned:
        lacking = _where(keys, ~stream.present & ~usable & (empty | (not stream.spec.optional)))
        if lacking:
            parts.append(f"{len(lacking)} lack {stream.spec.name!r} ({name_keys(lacking)})")
    raise ValueError(
        "`streams` must have every modality that is not optional in each row. "
        f"Received: of {len(keys)} rows, {'; '.join(parts)}. Leave them out with "
        'on_missing="drop", or keep them with on_missing="mask".'
    )


def _targets_by_key(
    labels: pd.Series | Mapping[Hashable, Any] | Sequence[Any], first: Stream
) -> dict[Hashable, Any]:
    if isinstance(labels, pd.Series):
        repeated = labels.index[labels.index.duplicated()].unique().tolist()
        if repeated:
            raise ValueError(
                "`labels` must have each key once. "
                f"Received: {len(repeated)} keys more than once: {name_keys(repeated)}"
            )
        return dict(zip(labels.index.tolist(), labels.tolist(), strict=True))
    if isinstance(labels, Mapping):
        return dict(labels)
    values = list(labels)
    if len(values) != len(first):
        raise ValueError(
            f"`labels` must have one label for each of the {len(first)} rows of "
            f"{first.spec.name!r}, or come as a Series or dict by key. "
            f"Received: {len(values)} labels"
        )
    return dict(zip(first.keys, values, strict=True))


def _number(
    labels: Sequence[Any], keys: Sequence[Hashable], classes: Sequence[Any] | None
) -> tuple[Category, np.ndarray]:
    """The classes, and the number of each row's class."""
    found = set(labels)
    try:
        ordered = sorted(found) if classes is None else list(classes)
    except TypeError:
        raise TypeError(
            "`labels` must be of one type. Received: labels of types "
            f"{sorted({type(label).__name__ for label in found})}"
        ) from None
    if classes is None and len(ordered) < 2:
        raise ValueError(
            "`labels` must have at least two classes. "
            f"Received: {len(labels)} rows of the one class {ordered[0]!r}"
        )
    numbers = {label: number for number, label in enumerate(ordered)}
    for key, label in zip(keys, labels, strict=True):
        if label not in numbers:
            raise ValueError(
                f"`labels` must be among `classes` {ordered}. Received: {label!r} in row {key!r}"
            )
    target = Category(classes=tuple(str(label) for label in ordered))
    return target, np.array([numbers[label] for label in labels], "int32")


def _where(keys: Sequence[Hashable], chosen: np.ndarray) -> tuple[Hashable, ...]:
    return tuple(keys[row] for row in np.flatnonzero(chosen).tolist())
