"""Labels, numbers and weights of the rows, by key."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from keras_multimodal.data.column.cells import values_by_key
from keras_multimodal.data.column.column import Column


def targets_by_key(
    labels: pd.Series | Mapping[Hashable, Any] | Sequence[Any],
    first: Column,
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


def weights_by_key(
    weights: pd.Series | Mapping[Hashable, float] | Sequence[float],
    first: Column,
    groups: Sequence[Hashable],
) -> np.ndarray:
    """Return the weight of each row, `(rows,)` float32; 1 where none is given."""
    given = targets_by_key(weights, first, "sample_weight")
    found = np.array([given.get(group, 1.0) for group in groups], "float32")
    wrong = ~(np.isfinite(found) & (found >= 0))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ValueError(
            "`sample_weight` must hold finite numbers of at least 0. "
            f"Received: {found[row]} in row {groups[row]!r}"
        )
    return found
