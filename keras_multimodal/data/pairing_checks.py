"""What `pair` refuses, and how labels are numbered."""

import collections
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from keras_multimodal.data.cells import name_keys, values_by_key
from keras_multimodal.data.stream import Stream
from keras_multimodal.schema import Category

# What holds several classes of a row.
_SEVERAL = (list, tuple, set, frozenset, np.ndarray)


def check_arguments(streams: Sequence[Any], **choices: tuple[str, tuple[str, ...]]) -> None:
    """Check that the streams are streams, and that each choice is one of those there are.

    Args:
        streams: What `pair` received.
        **choices: By argument, the choice and those there are.
    """
    for argument, (choice, known) in choices.items():
        if choice not in known:
            listed = ", ".join(map(repr, known[:-1])) + f" or {known[-1]!r}"
            raise ValueError(f"`{argument}` must be {listed}. Received: {argument}={choice!r}")
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


def check_target(given: Mapping[str, bool]) -> None:
    """Refuse two kinds of target: a model of several comes from `tasks`, not from one argument.

    Args:
        given: By argument, whether it is given.
    """
    named = [argument for argument, there in given.items() if there]
    if len(named) > 1:
        raise ValueError(
            f"`{named[1]}` must go without `{named[0]}`: a target is classes, numbers, texts or "
            f"what belongs together. Received: {' and '.join(named)}"
        )


def repeated_keys(stream: Stream) -> dict[Hashable, int]:
    """The keys that occur more than once, with their counts."""
    counts = collections.Counter(stream.keys)
    return {key: count for key, count in counts.items() if count > 1}


def check_duplicates(repeated: Mapping[str, Mapping[Hashable, int]], streams: Any) -> None:
    """Refuse keys that occur more than once."""
    for stream in streams:
        keys = list(repeated[stream.spec.name])
        if keys:
            raise ValueError(
                f"`streams` must have each key once. Received: {len(keys)} keys more than once in "
                f"{stream.spec.name!r} ({stream.source}): {name_keys(keys)}. Remove the repeats, "
                'make a row of each with on_duplicates="expand", or draw one of them anew in each '
                'epoch with on_duplicates="sample".'
            )


def check_overlap(streams: Sequence[Stream]) -> None:
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


def check_present(aligned: Sequence[Stream], keys: Sequence[Hashable], usable: np.ndarray) -> None:
    """Refuse rows that lack what they must have."""
    if usable.all():
        return
    empty = ~np.any([stream.present for stream in aligned], axis=0)
    parts = []
    for stream in aligned:
        lacking = where(keys, ~stream.present & ~usable & (empty | (not stream.spec.optional)))
        if lacking:
            parts.append(f"{len(lacking)} lack {stream.spec.name!r} ({name_keys(lacking)})")
    raise ValueError(
        "`streams` must have every modality that is not optional in each row. "
        f"Received: of {len(keys)} rows, {'; '.join(parts)}. Leave them out with "
        'on_missing="drop", or keep them with on_missing="mask".'
    )


def targets_by_key(
    labels: pd.Series | Mapping[Hashable, Any] | Sequence[Any],
    first: Stream,
    argument: str = "labels",
) -> dict[Hashable, Any]:
    """Labels, or other values of the rows, by key."""
    if isinstance(labels, Mapping):
        return dict(labels)
    if isinstance(labels, pd.Series):
        keys, values = labels.index.tolist(), labels.tolist()
    else:
        keys, values = first.keys, list(labels)
        if len(values) != len(first):
            raise ValueError(
                f"`{argument}` must have one value for each of the {len(first)} rows of "
                f"{first.spec.name!r}, or come as a Series or dict by key. "
                f"Received: {len(values)} values"
            )
    return values_by_key(keys, values, argument)


def number(
    labels: Sequence[Any],
    keys: Sequence[Hashable],
    classes: Sequence[Any] | None,
    ordered: bool = False,
) -> tuple[Category, np.ndarray]:
    """The classes, and the number of each row's class, `(rows,)` int32.

    Where rows have lists of classes: which each row has, `(rows, classes)` float32.
    """
    several = [isinstance(own, _SEVERAL) for own in labels]
    if any(several) and not all(several):
        row = several.index(False)
        raise TypeError(
            "`labels` must be one class for each row, or a list of classes for each row. "
            f"Received: lists, and {labels[row]!r} in row {keys[row]!r}"
        )
    multi_label = bool(several) and all(several)
    parts = [tuple(own) if multi_label else (own,) for own in labels]
    found = {label for own in parts for label in own}
    try:
        known = sorted(found) if classes is None else list(classes)
    except TypeError:
        raise TypeError(
            "`labels` must be of one type. Received: labels of types "
            f"{sorted({type(label).__name__ for label in found})}"
        ) from None
    if classes is None and len(known) < 2:
        raise ValueError(
            "`labels` must have at least two classes. "
            f"Received: {len(labels)} rows of the one class {known[0]!r}"
            if known
            else "`labels` must have at least two classes. Received: lists without any"
        )
    numbers = {label: number for number, label in enumerate(known)}
    for key, own in zip(keys, parts, strict=True):
        for label in own:
            if label not in numbers:
                raise ValueError(
                    f"`labels` must be among `classes` {known}. Received: {label!r} in row {key!r}"
                )
    names = tuple(str(label) for label in known)
    target = Category(classes=names, ordered=ordered, multi_label=multi_label)
    if not multi_label:
        return target, np.array([numbers[label] for label in labels], "int32")
    chosen = np.zeros((len(labels), len(known)), "float32")
    for row, own in enumerate(parts):
        chosen[row, [numbers[label] for label in own]] = 1
    return target, chosen


def where(keys: Sequence[Hashable], chosen: np.ndarray) -> tuple[Hashable, ...]:
    """The keys of the chosen rows."""
    return tuple(keys[row] for row in np.flatnonzero(chosen).tolist())


def check_labelled(keys: Sequence[Hashable], lacking: np.ndarray, argument: str) -> None:
    """Refuse rows without a label or a value."""
    if lacking.any():
        named = where(keys, lacking)
        raise ValueError(
            f"`{argument}` must have a {argument.removesuffix('s')} for each row. "
            f"Received: none for {len(named)} of "
            f"{len(keys)} rows ({name_keys(named)}). Fill them in, or leave such rows out "
            'with on_missing="drop".'
        )


def weights_by_key(
    weights: pd.Series | Mapping[Hashable, float] | Sequence[float],
    first: Stream,
    units: Sequence[Hashable],
) -> np.ndarray:
    """The weight of each row, `(rows,)` float32; 1 where none is given."""
    given = targets_by_key(weights, first, "sample_weight")
    found = np.array([given.get(unit, 1.0) for unit in units], "float32")
    wrong = ~(np.isfinite(found) & (found >= 0))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            "`sample_weight` must hold finite numbers of at least 0. "
            f"Received: {found[row]} in row {units[row]!r}"
        )
    return found
