"""Weights and dropout that a seed decides, without a seed that stays set."""

import contextlib
import random
from collections.abc import Iterator


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let the layers that are made inside depend on `seed` alone.

    Keras draws the seeds of initializers and of dropout from Python's own generator as a layer is
    made. That one is put back afterwards, so that the caller's draws go on as if nothing had been;
    `keras.utils.set_random_seed` would change them, and NumPy's and TensorFlow's.

    Args:
        seed: The seed.
    """
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
