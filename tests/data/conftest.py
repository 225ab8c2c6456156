import contextlib
import os
import pathlib
import tempfile

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


@pytest.fixture
def open_folder():
    """A folder that every user may enter; `tmp_path` lies in one that is its owner's alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def as_nobody():
    """Return a context in which the modes of files count: root may read everything."""

    @contextlib.contextmanager
    def nobody():
        if os.geteuid() != 0:
            yield
            return
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)

    return nobody
