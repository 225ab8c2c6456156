"""The icons as a folder and as tensorflow-datasets has them, for tests that only read them."""

import csv

import numpy as np
import pytest
import tensorflow as tf

from keras_multimodal.datasets import OpenMoji


@pytest.fixture(scope="session")
def folder(shared_icons):
    return shared_icons()


@pytest.fixture(scope="session")
def prepared_icons(shared_folder):
    """The folder in which tensorflow-datasets has the icons, drawn for it."""

    def make(path):
        OpenMoji(data_dir=path).download_and_prepare()

    return shared_folder("prepared_icons", make)


@pytest.fixture(scope="session")
def rows(folder):
    with (folder / "openmoji.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def pictures(folder, rows):
    """`(rows, 72, 72, 3)`."""
    files = [folder / "icons" / row["file"] for row in rows]
    return np.stack([tf.io.decode_png(file.read_bytes()).numpy() for file in files])
