"""Keys that occur more than once in a column."""

import collections
from collections.abc import Hashable, Mapping, Sequence

from keras_multimodal.data.column.cells import name_keys
from keras_multimodal.data.column.column import Column


def repeated_keys(column: Column) -> dict[Hashable, int]:
    """Return the keys that occur more than once, with their counts."""
    counts = collections.Counter(column.keys)
    return {key: count for key, count in counts.items() if count > 1}


def check_duplicates(
    repeated: Mapping[str, Mapping[Hashable, int]], columns: Sequence[Column]
) -> None:
    """Refuse keys that occur more than once.

    Args:
        repeated: By column, what `repeated_keys` found.
        columns: The columns.

    Raises:
        ValueError: If there are any; the message names them.
    """
    for column in columns:
        keys = list(repeated[column.spec.name])
        if keys:
            raise ValueError(
                f"`columns` must have each key once. Received: {len(keys)} keys more than once in "
                f"{column.spec.name!r} ({column.source}): {name_keys(keys)}. Remove the repeats, "
                'make a row of each with on_duplicates="expand", or draw one of them anew in each '
                'epoch with on_duplicates="sample".'
            )
