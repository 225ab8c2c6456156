"""Sinusoids of many periods, which tell positions and times apart."""

import numpy as np
from keras import ops

from keras_multimodal.types import Tensor


def sinusoids(positions: Tensor, periods: np.ndarray) -> Tensor:
    """Return `sin` and `cos` of `2 pi position / period`, for each period in turn.

    Args:
        positions: Numbers `(...)` of a float dtype.
        periods: The periods, in the unit of the positions.

    Returns:
        `(..., 2 * number of periods)` in the dtype of `positions`.
    """
    rates = ops.convert_to_tensor(2 * np.pi / periods, dtype=positions.dtype)
    phases = ops.expand_dims(positions, -1) * rates  # (..., periods)
    waves = ops.stack([ops.sin(phases), ops.cos(phases)], axis=-1)  # (..., periods, 2)
    return ops.reshape(waves, (*ops.shape(phases)[:-1], 2 * len(periods)))


def periods_of_positions(dim: int, max_wavelength: float) -> np.ndarray:
    """Return the periods of Vaswani et al., 2017, section 3.5, those of even places."""
    return 2 * np.pi * max_wavelength ** (np.arange(0, dim, 2) / dim)


def periods_between(shortest: float, longest: float, number: int) -> np.ndarray:
    """Return `number` periods, geometric; of one alone the longest."""
    if number == 1:
        return np.array([longest])
    return np.geomspace(shortest, longest, number)
