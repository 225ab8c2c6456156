"""What `pair` refuses."""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.data.column.column import Column
from keras_multimodal.data.text.column import TextColumn
from keras_multimodal.schema import Tabular


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


def check_raw_names(columns: Sequence[Column]) -> None:
    """Refuse a table's column called as another modality: exported models take cells by name.

    Args:
        columns: What `pair` received.
    """
    specs = [column.spec for column in columns]
    names = [
        name
        for spec in specs
        for name in (spec.columns if isinstance(spec, Tabular) else (spec.name,))
    ]
    repeated = sorted(name for name, count in Counter(names).items() if count > 1)
    if repeated:
        raise ValueError(
            "`columns` must have names that differ from those of a table's columns: an exported "
            f"model takes each by its name. Received: {repeated} more than once; rename the "
            "table's, or give the modality another with `name=`"
        )


def check_overlap(columns: Sequence[Column]) -> None:
    """Refuse columns that share no key, mostly since keys are of two types, such as 7 and "7"."""
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


def check_lengths(
    keys: Sequence[Hashable], longer: np.ndarray, captions: TextColumn | None
) -> None:
    """Refuse rows whose text to write is too long.

    Args:
        keys: The rows' keys.
        longer: Which rows have one, `(rows,)` bool.
        captions: The texts, if any are to be written.
    """
    if captions is not None and longer.any():
        named = where(keys, longer)
        raise ValueError(
            f"`captions` must be texts of at most {captions.spec.length} tokens. "
            f"Received: {len(named)} that are longer ({name_keys(named)}). Let `length` of the "
            'TextProcessor be larger, cut them with on_long="truncate", or leave such rows out '
            'with on_long="drop".'
        )
