"""The target of records whose parts are to find each other."""

from collections.abc import Mapping, Sequence

import numpy as np

from keras_multimodal.data.column.column import Column
from keras_multimodal.schema import PairTarget


def describe_match(
    match: bool | Mapping[str, Sequence[str]], columns: Sequence[Column]
) -> PairTarget:
    """Return the target: a tower for each modality, or those that are given.

    Raises:
        ValueError: If there are fewer than two towers, or one has a modality that there is not.
    """
    names = [column.spec.name for column in columns]
    towers = {name: (name,) for name in names} if match is True else match
    if not isinstance(towers, Mapping):
        raise TypeError(
            f"`match` must be True, or a dict of the towers' modalities. Received: match={match!r}"
        )
    given = {tower: (own,) if isinstance(own, str) else tuple(own) for tower, own in towers.items()}
    unknown = {name for own in given.values() for name in own} - set(names)
    if unknown:
        raise ValueError(
            f"`match` must be of the modalities {names}. Received: {sorted(unknown)} too"
        )
    return PairTarget(towers=tuple(given.items()))


def number_parts(match: PairTarget, columns: Sequence[Column]) -> np.ndarray:
    """Return what each row's part of each tower is, `(rows, towers)` int32.

    Two rows have the same number where they have the same content, such as one picture with two
    captions, and -1 where they have none. Files are the same if their paths are.
    """
    digests = {column.spec.name: column.fingerprints() for column in columns}
    numbered = []
    for _, own in match.towers:
        parts = list(zip(*(digests[name] for name in own), strict=True))
        numbers = {part: number for number, part in enumerate(dict.fromkeys(parts))}
        numbered.append([numbers[part] if any(part) else -1 for part in parts])
    return np.array(numbered, "int32").T
