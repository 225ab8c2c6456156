"""What numbers teach, and whether float32 would lose their digits."""

import numpy as np

LARGEST = float(np.finfo("float32").max)

_TINIEST = float(np.finfo("float32").tiny)
_PART = 2**20  # rows that are looked at at a time
_FEW = 2**24  # numbers, which are held as they are given
_LOST = 1e-5  # standard deviations, by which rounding may move a number
_NOISE = 8 * np.finfo("float64").eps  # what sums of equal numbers differ by


def mean_and_deviation(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each column; the latter is 1 where all are equal.

    Args:
        numbers: `(rows, columns)` float64, NaN where there is none; some in each column.

    Example:

    >>> mean_and_deviation(np.array([[1.0, 7.0], [5.0, 7.0], [np.nan, 7.0]]))
    (array([3., 7.]), array([2., 1.]))
    """
    least, most = np.nanmin(numbers, 0), np.nanmax(numbers, 0)
    above = numbers - least  # whose sums have digits left
    return without_noise(least + np.nanmean(above, 0), np.nanstd(above, 0), least, most)


def without_noise(
    mean: np.ndarray, std: np.ndarray, least: np.ndarray, most: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation, of equal numbers the number and 1.

    What is left of a constant by its mean is then 0, and no rounding.

    Args:
        mean: The mean of each column, `(columns,)`.
        std: The standard deviation.
        least: The least number.
        most: The greatest.
    """
    constant = most - least <= _NOISE * np.maximum(np.abs(least), np.abs(most))
    constant |= std == 0  # differences whose squares are no numbers any more
    return np.where(constant, least, mean), np.where(constant, 1, std)


def rounding(numbers: np.ndarray) -> np.ndarray:
    """Return by how much float32 moves a number of each column, at most.

    Args:
        numbers: `(rows, columns)`, none above `LARGEST`, NaN where there is none.
    """
    moved = np.zeros(numbers.shape[1])
    for start in range(0, len(numbers), _PART):
        part = numbers[start : start + _PART]
        part = np.nan_to_num(np.abs(part - part.astype("float32")))
        moved = np.maximum(moved, part.max(0))
    return moved


def loses_digits(moved: np.ndarray, mean: np.ndarray, std: np.ndarray) -> np.ndarray:
    """Return in which columns float32 would lose digits, `(columns,)` bool.

    Args:
        moved: What `rounding` returned.
        mean: The columns' means.
        std: Their standard deviations.

    Example:

    >>> numbers = np.array([[1.7e9, 1999.5, 0.1], [1.7e9 + 1, 2024.5, 0.3]])
    >>> loses_digits(rounding(numbers), numbers.mean(0), numbers.std(0))
    array([ True, False, False])
    """
    moved = np.maximum(moved, rounding(mean[None]))
    return (moved > _LOST * std) | (std < _TINIEST)


def fits_float32(numbers: np.ndarray) -> bool:
    """Return whether numbers may be held as float32, whichever rows are learned from later.

    Args:
        numbers: `(rows, columns)` float64, NaN where there is none.
    """
    moved = rounding(numbers)
    if numbers.size < _FEW:
        return not moved.any()
    sample = numbers[:: len(numbers) // 10_000 + 1]
    for column in np.flatnonzero(moved):
        there = sample[np.isfinite(sample[:, column]), column]
        # Of most rows: a few that are far off would make all others look alike.
        spread = np.subtract(*np.quantile(there, [0.75, 0.25])) if len(there) else 0
        if moved[column] > _LOST / 10 * spread:
            return False
    return True
