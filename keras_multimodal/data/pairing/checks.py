"""What `pair` refuses."""

import collections
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.data.column.column import Column


def check_arguments(columns: Sequence[Any], **choices: tuple[str, tuple[str, ...]]) -> None:
    """Check that the columns are columns, and that each choice is one of those there are.

    Args:
        columns: What `pair` received.
        **choices: By argument, the choice and those there are.
    """
    for argument, (choice, known) in choices.items():
        if choice not in known:
            listed = ", ".join(map(repr, known[:-1])) + f" or {known[-1]!r}"
            raise ValueError(f"`{argument}` must be {listed}. Received: {argument}={choice!r}")
    if not columns:
        raise ValueError("`columns` must name at least one column. Received: none")
    for column in columns:
        if not isinstance(column, Column):
            raise TypeError(
                "`columns` must be columns, which a maker returns that is given the data: "
                "`ImageStream().from_dataframe(...)`, `TextProcessor().load_data(...)`. "
                f"Received: {type(column).__name__}"
            )
    names = [column.spec.name for column in columns]
    if len(set(names)) < len(names):
        raise ValueError(
            "`columns` must have names that differ; give each its own with `name=`. "
            f"Received: names={names}"
        )


def check_target(given: Mapping[str, bool]) -> None:
    """Refuse kinds of target that one model cannot have: only labels and values go together.

    Args:
        given: By argument, whether it is given.
    """
    named = [argument for argument, there in given.items() if there]
    if len(named) > 1 and set(named) != {"labels", "values"}:
        raise ValueError(
            f"`{named[-1]}` must go without `{named[0]}`: a target is classes, numbers or both, or "
            f"texts, or what belongs together. Received: {' and '.join(named)}"
        )


def repeated_keys(column: Column) -> dict[Hashable, int]:
    """Return the keys that occur more than once, with their counts."""
    counts = collections.Counter(column.keys)
    return {key: count for key, count in counts.items() if count > 1}


def check_duplicates(repeated: Mapping[str, Mapping[Hashable, int]], columns: Any) -> None:
    """Refuse keys that occur more than once."""
    for column in columns:
        keys = list(repeated[column.spec.name])
        if keys:
            raise ValueError(
                f"`columns` must have each key once. Received: {len(keys)} keys more than once in "
                f"{column.spec.name!r} ({column.source}): {name_keys(keys)}. Remove the repeats, "
                'make a row of each with on_duplicates="expand", or draw one of them anew in each '
                'epoch with on_duplicates="sample".'
            )


def check_overlap(columns: Sequence[Column]) -> None:
    """Keys of two types, such as 7 and "7", are the usual reason why nothing matches."""
    for column in columns[1:]:
        others = {key for other in columns if other is not column for key in other.keys}
        if others.isdisjoint(column.keys):
            first = columns[0]
            raise ValueError(
                f"`columns` must share keys. Received: no key of {column.spec.name!r} "
                f"({name_keys(column.keys, 3)}) occurs in the other columns; those of "
                f"{first.spec.name!r} are {name_keys(first.keys, 3)}"
            )


def check_present(aligned: Sequence[Column], keys: Sequence[Hashable], usable: np.ndarray) -> None:
    """Refuse rows that lack what they must have."""
    if usable.all():
        return
    empty = ~np.any([column.present for column in aligned], axis=0)
    parts = []
    for column in aligned:
        lacking = where(keys, ~column.present & ~usable & (empty | (not column.spec.optional)))
        if lacking:
            parts.append(f"{len(lacking)} lack {column.spec.name!r} ({name_keys(lacking)})")
    raise ValueError(
        "`columns` must have every modality that is not optional in each row. "
        f"Received: of {len(keys)} rows, {'; '.join(parts)}. Leave them out with "
        'on_missing="drop", or keep them with on_missing="mask".'
    )


def where(keys: Sequence[Hashable], chosen: np.ndarray) -> tuple[Hashable, ...]:
    """Return the keys of the chosen rows."""
    return tuple(keys[row] for row in np.flatnonzero(chosen).tolist())


def check_labelled(keys: Sequence[Hashable], lacking: np.ndarray, arguments: Sequence[str]) -> None:
    """Refuse rows without a label or a value.

    Args:
        keys: The rows' keys.
        lacking: Which rows have none, `(rows,)` bool.
        arguments: The arguments of `pair` that it could have come with.
    """
    if lacking.any():
        named = where(keys, lacking)
        raise ValueError(
            f"{' or '.join(f'`{each}`' for each in arguments)} must have a "
            f"{' or '.join(each.removesuffix('s') for each in arguments)} for each row. "
            f"Received: none for {len(named)} of "
            f"{len(keys)} rows ({name_keys(named)}). Fill them in, or leave such rows out "
            'with on_missing="drop".'
        )
