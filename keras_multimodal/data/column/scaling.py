"""Numbers to standard deviations, and those that are far off to less, in a graph."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def standardize(numbers: tf.Tensor, mean: Sequence[float], std: Sequence[float]) -> tf.Tensor:
    """Return standard deviations from the mean, as float32.

    They are reckoned in the precision of the numbers: of seconds since 1970 float32 has no digit
    that tells two minutes from each other.

    Args:
        numbers: `(..., columns)` floats.
        mean: The columns' means.
        std: Their standard deviations.
    """
    dtype = numbers.dtype.as_numpy_dtype
    return tf.cast((numbers - np.asarray(mean, dtype)) / np.asarray(std, dtype), tf.float32)


def smooth_clip(values: tf.Tensor, bound: float | None) -> tf.Tensor:
    """Return values of up to `bound` as they are, and those further off as less than twice that.

    Of `|x| > bound` comes `2 bound - bound^2 / |x|` with the sign of `x`, which goes on from there
    with the same slope.

    Args:
        values: Floats; infinite ones are further off than all others.
        bound: Above 0; `None` leaves all as they are.

    Example:

    >>> smooth_clip(tf.constant([-3.0, 20.0, 3.4e38]), 10.0).numpy().tolist()
    [-3.0, 15.0, 20.0]
    """
    if bound is None:
        return values
    size = tf.maximum(tf.abs(values), bound)
    nearer = tf.sign(values) * (2 * bound - bound * (bound / size))
    return tf.where(size > bound, nearer, values)
