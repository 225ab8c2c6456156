import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pillow

ROWS = 40


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Forty small PNGs of noise, no two alike."""
    root = tmp_path_factory.mktemp("pictures")
    generator = np.random.default_rng(0)
    for row in range(ROWS):
        pixels = generator.integers(0, 256, (10, 12, 3), dtype=np.uint8)
        Pillow.fromarray(pixels).save(root / f"{row}.png")
    return root


@pytest.fixture
def frame():
    """The CSV that goes with `folder`; its index holds the keys."""
    return pd.DataFrame(
        {
            "file": [f"{row}.png" for row in range(ROWS)],
            "name": [f"word{row % 7} number{row}" for row in range(ROWS)],
            "category": ["abc"[row % 3] for row in range(ROWS)],
        },
        index=[f"k{row}" for row in range(ROWS)],
    )


@pytest.fixture
def pixels_of(folder):
    """A row's pixels as Pillow reads them."""

    def read(file):
        with Pillow.open(folder / file) as picture:
            return np.asarray(picture)

    return read
