"""What a missing cell is."""

import decimal
import numbers

from keras_multimodal.types import Cell


def is_missing(cell: Cell) -> bool:
    """Return whether a cell holds nothing: `None`, NaN, NaT, `pd.NA`, or a string of mere space.

    This is the one rule of the package: what is missing is not read, not learned from, and masked.
    The exported model goes by it too.
    """
    if cell is None:
        return True
    if isinstance(cell, str):
        return not cell.strip()
    if isinstance(cell, (numbers.Real, decimal.Decimal)) or type(cell).__name__ == "datetime64":
        return bool(cell != cell)
    # pandas' own, which this module does without.
    return type(cell).__name__ in ("NAType", "NaTType")
