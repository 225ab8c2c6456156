"""The folder of icons, written once for all tests that only read it."""

import csv

import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal.datasets import write_open_moji


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return write_open_moji(tmp_path_factory.mktemp("open_moji") / "icons_and_csv")


@pytest.fixture(scope="session")
def rows(folder):
    with (folder / "openmoji.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def pictures(folder, rows):
    """`(rows, 72, 72, 3)`."""
    files = [folder / "icons" / row["file"] for row in rows]
    return np.stack([tf.io.decode_png(file.read_bytes()).numpy() for file in files])
