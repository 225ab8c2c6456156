"""Dividing rows into parts: repeatable, balanced by class, and never through a group."""

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from keras_multimodal.data.column.cells import name_keys, row_values, values_by_key
from keras_multimodal.data.targets.target_labels import TargetLabels
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import ClassTarget
from keras_multimodal.types import Tensor


def assign_parts(
    keys: Sequence[Hashable],
    fractions: Sequence[float],
    seed: int,
    strata: np.ndarray | None = None,
    groups: Sequence[Hashable] | None = None,
) -> np.ndarray:
    """Choose a part for each row.

    The rows of each class are put in an order that depends on the seed and the group's name
    alone, and dealt out one group at a time to the part that lacks most. So each part's share of
    the rows is within one row of what was asked for, and that of each class within two (with
    groups: that many of the largest group), and the order in which the rows came plays no role.

    Args:
        keys: The rows' keys.
        fractions: Each part's share; they add up to 1.
        seed: Seed of the order.
        strata: The rows' classes, `(rows,)` integers, or `None`.
        groups: The rows' groups, or `None` where each row is on its own.

    Returns:
        `(rows,)`: the number of each row's part.
    """
    rows_of: dict[Hashable, list[int]] = {}
    for row, group in enumerate(keys if groups is None else groups):
        rows_of.setdefault(group, []).append(row)

    def stratum(rows: list[int]) -> int:
        return 0 if strata is None else int(np.bincount(strata[rows]).argmax())

    order = sorted(rows_of, key=lambda group: (stratum(rows_of[group]), _shuffled(group, seed)))
    parts = np.empty(len(keys), int)
    wanted, filled, dealt = np.asarray(fractions), np.zeros(len(fractions)), 0
    for group in order:
        dealt += len(rows_of[group])
        part = int(np.argmax(wanted * dealt - filled))
        filled[part] += len(rows_of[group])
        parts[rows_of[group]] = part
    return parts


def by_row(
    values: Tensor, argument: str, keys: Sequence[Hashable], groups: Sequence[Hashable]
) -> list[Any]:
    """Return one value for each row.

    Args:
        values: A Series or dict by key, or a list in the order of the rows.
        argument: The caller's argument that holds them, for messages.
        keys: The rows' keys.
        groups: What each row belongs to; values may be given by these too.
    """
    if isinstance(values, pd.Series):
        values = values_by_key(values.index.tolist(), values.tolist(), argument)
    if isinstance(values, Mapping):
        # A row that was expanded from a key may be named by either.
        values = {
            key: values[key] if key in values else values[group]
            for key, group in zip(keys, groups, strict=True)
            if key in values or group in values
        }
        lacking = [key for key in keys if key not in values]
        if lacking:
            raise ValueError(
                f"`{argument}` must have an entry for each row. "
                f"Received: none for {len(lacking)} rows ({name_keys(lacking)})"
            )
        return [values[key] for key in keys]
    values = row_values(values, argument)
    if len(values) != len(keys):
        raise ValueError(
            f"`{argument}` must have one entry for each of the {len(keys)} rows, or come by "
            f"key. Received: {len(values)} entries"
        )
    return values


def split_shares(train: float | None, validation: float, test: float) -> dict[str, float]:
    """Return the shares above 0 by part, that of the training rows filled in.

    Raises:
        ValueError: If they do not add up to 1, or leave no training rows.
    """
    train = 1.0 - validation - test if train is None else train
    shares = {"train": train, "validation": validation, "test": test}
    if any(not 0 <= share <= 1 for share in shares.values()) or not np.isclose(
        sum(shares.values()), 1.0
    ):
        raise ValueError(
            "`train`, `validation` and `test` must be shares in [0, 1] that add up to 1. "
            f"Received: train={train}, validation={validation}, test={test}"
        )
    if not train > 0:
        raise ValueError(f"`train` must be above 0. Received: train={train}")
    return {name: share for name, share in shares.items() if share > 0}


def check_parts(
    parts: np.ndarray, names: Sequence[str], strata: np.ndarray | None, classes: Sequence[str]
) -> None:
    """Refuse a part without rows, and a class without training rows.

    Args:
        parts: The number of each row's part; the training part's is 0.
        names: The parts' names.
        strata: The rows' classes, or `None`; a number beyond the last one's is of no class.
        classes: The classes' names.
    """
    sizes = {name: int((parts == part).sum()) for part, name in enumerate(names)}
    if not all(sizes.values()):
        raise ArgumentError(
            "split",
            "must have rows for each part; there are too few. "
            f"Received: {len(parts)} rows, which would make {sizes}",
        )
    if strata is not None:
        lost = set(strata.tolist()) - set(strata[parts == 0].tolist()) - {len(classes)}
        if lost:
            raise ArgumentError(
                "split",
                "must have rows of each class for training; there are too few. "
                f"Received: {len(parts)} rows, and none for training of "
                f"{name_keys(sorted(classes[number] for number in lost))}. Merge rare "
                "classes.",
                "Or pass stratify=False.",
            )


def check_taught(
    targets: TargetLabels,
    parts: Sequence[np.ndarray],
    argument: str,
    remedy: str,
    multi_label: bool = False,
) -> None:
    """Refuse a class that rows of other parts have, and no training row.

    A model could neither learn it nor name it, and would be wrong in those rows without a word.

    Args:
        targets: The target of all rows.
        parts: The numbers of each part's rows, the training part's first.
        argument: The caller's argument that is to blame, for the message.
        remedy: What else the caller may do.
        multi_label: Whether to look at targets of several classes in a row too.
    """
    train, *others = [targets.take(part).occurring() for part in parts]
    for target in targets.specs:
        if not isinstance(target, ClassTarget) or (target.multi_label and not multi_label):
            continue
        lost = set().union(*(part[target.name] for part in others)) - train[target.name]
        if lost:
            named = name_keys([each for each in target.classes if each in lost])
            raise ArgumentError(
                argument,
                "must leave rows of each class for training. Received: no training row of "
                f"{target.name!r} {named}, which other parts have. Merge rare classes, or leave "
                "these rows out.",
                remedy,
            )


def split_rows(
    keys: Sequence[Hashable],
    shares: Mapping[str, float],
    seed: int,
    strata: tuple[np.ndarray | None, Sequence[str]],
    groups: Sequence[Hashable],
) -> list[np.ndarray]:
    """Return the rows of each part, the training part first.

    Args:
        keys: The rows' keys.
        shares: Each part's share, by name, as `split_shares` returns them.
        seed: Seed of the division.
        strata: The rows' classes, or `None`, and the classes' names; see `check_parts`.
        groups: The rows' groups.

    Raises:
        ValueError: If a part, or a class in the training part, would have no row.
    """
    classes, names = strata
    parts = assign_parts(keys, list(shares.values()), seed, classes, groups)
    check_parts(parts, list(shares), classes, names)
    return [np.flatnonzero(parts == part) for part in range(len(shares))]


def fold_rows(
    keys: Sequence[Hashable],
    count: int,
    seed: int,
    strata: np.ndarray | None,
    groups: Sequence[Hashable],
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the training and the validation rows of each fold.

    Args:
        keys: The rows' keys.
        count: How many folds.
        seed: Seed of the division.
        strata: The rows' classes, or `None`.
        groups: The rows' groups.

    Raises:
        ValueError: If there are fewer than two, or too few rows or groups for them.
    """
    if count < 2:
        raise ValueError(f"`count` must be at least 2. Received: count={count}")
    parts = assign_parts(keys, [1 / count] * count, seed, strata, groups)
    if len(np.unique(parts)) < count:
        raise ValueError(
            f"`count` must leave rows in each fold. Received: count={count} for {len(keys)} "
            f"rows in {len(set(groups))} groups"
        )
    return [(np.flatnonzero(parts != fold), np.flatnonzero(parts == fold)) for fold in range(count)]


def choose_rows(
    rows: np.ndarray, keys: Sequence[Hashable], fraction: float, seed: int
) -> np.ndarray:
    """Return a share of rows that depends on the seed and the keys alone.

    Args:
        rows: Numbers of rows.
        keys: The keys of all rows.
        fraction: The share, in [0, 1].
        seed: Seed of the choice.

    Raises:
        ValueError: If `fraction` is out of its range.
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"`fraction` must be in [0, 1]. Received: fraction={fraction}")
    return rows[assign_parts([keys[row] for row in rows], (1 - fraction, fraction), seed) == 1]


def named_parts(
    parts: Sequence[Any], names: Sequence[str], ignore: Sequence[str], keys: Sequence[Hashable]
) -> list[np.ndarray]:
    """Return the rows of each part that is wanted.

    Args:
        parts: The name of each row's part.
        names: The parts wanted.
        ignore: Other parts, whose rows are left out.
        keys: The rows' keys.

    Raises:
        ValueError: If a row is of another part, or a part has no row.
    """
    names, ignore = ([each] if isinstance(each, str) else each for each in (names, ignore))
    row_parts = np.array([str(part) for part in parts], object)
    stray = [row for row, part in enumerate(row_parts) if part not in (*names, *ignore)]
    if stray:
        raise ValueError(
            f"`parts` must be among {[*names, *ignore]}; name others to leave out with "
            f"`ignore`. Received: {sorted({row_parts[row] for row in stray})} in {len(stray)} rows "
            f"({name_keys([keys[row] for row in stray])})"
        )
    rows = [np.flatnonzero(row_parts == name) for name in names]
    for name, chosen in zip(names, rows, strict=True):
        if not len(chosen):
            raise ValueError(
                f"`parts` must have rows of each of {list(names)}. "
                f"Received: none of {name!r}, but {sorted(set(row_parts))}. "
                "`split` makes parts by their shares instead."
            )
    return rows


def _shuffled(group: Hashable, seed: int) -> bytes:
    """Return a place in the order that depends on `seed` and the group's name alone."""
    return hashlib.blake2b(
        f"{seed}/{group!r}".encode("utf-8", "surrogatepass"), digest_size=8
    ).digest()
