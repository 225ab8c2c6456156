"""What `pair` refuses."""

import collections
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.data.column.column import Stream


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


def where(keys: Sequence[Hashable], chosen: np.ndarray) -> tuple[Hashable, ...]:
    """The keys of the chosen rows."""
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
