"""Lists of words, as the texts of them."""

import numpy as np

from keras_multimodal.schema.missing_cells import is_missing
from keras_multimodal.types import Cell


def joined_words(cell: Cell) -> Cell:
    """Return a list of words as a text with spaces between them, any other cell as it is.

    Args:
        cell: The cell.

    Example:

    >>> joined_words(["red", None, "round"])
    'red round'
    """
    if not isinstance(cell, (list, tuple, np.ndarray)):
        return cell
    words = [word for word in cell if not is_missing(word)]
    return " ".join(words) if all(isinstance(word, str) for word in words) else cell
