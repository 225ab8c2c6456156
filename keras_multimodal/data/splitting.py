"""Dividing rows into parts: repeatable, balanced by class, and never through a group."""

import hashlib
from collections.abc import Hashable, Sequence

import numpy as np


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
    the rows, and of each class, is within one row of what was asked for (with groups: within the
    largest group), and the order in which the rows came plays no role.

    Args:
        keys: The rows' keys.
        fractions: Each part's share; they add up to 1.
        seed: Seed of the order.
        strata: The rows' classes, `(rows,)` integers, or `None`.
        groups: The rows' groups, or `None` where each row is on its own.

    Returns:
        `(rows,)`: the number of each row's part.
    """
    units: dict[Hashable, list[int]] = {}
    for row, unit in enumerate(keys if groups is None else groups):
        units.setdefault(unit, []).append(row)

    def stratum(rows: list[int]) -> int:
        return 0 if strata is None else int(np.bincount(strata[rows]).argmax())

    order = sorted(units, key=lambda unit: (stratum(units[unit]), _shuffled(unit, seed)))
    parts = np.empty(len(keys), int)
    wanted, filled, dealt = np.asarray(fractions), np.zeros(len(fractions)), 0
    for unit in order:
        dealt += len(units[unit])
        part = int(np.argmax(wanted * dealt - filled))
        filled[part] += len(units[unit])
        parts[units[unit]] = part
    return parts


def _shuffled(unit: Hashable, seed: int) -> bytes:
    """A place in the order that depends on `seed` and the unit's name alone."""
    return hashlib.blake2b(
        f"{seed}/{unit!r}".encode("utf-8", "surrogatepass"), digest_size=8
    ).digest()
