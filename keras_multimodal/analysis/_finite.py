"""Checks that scores are made of finite numbers."""

import numpy as np


def check_finite(values: np.ndarray, argument: str) -> None:
    """Refuse NaN and infinity: whatever they are compared with, the answer is no.

    Args:
        values: `(rows, ...)` numbers.
        argument: The argument that they came with, for the message.

    Raises:
        ValueError: If one is not finite. The message names the row.
    """
    wrong = ~np.isfinite(values).reshape(len(values), -1).all(axis=1)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(
            f"`{argument}` must be finite numbers. Received: NaN or infinity in {wrong.sum()} of "
            f"{len(wrong)} rows, the first of them row {row}. A model that answers so has diverged "
            "in training, or was given such numbers."
        )
