"""A table of pets, and a run on it."""

import shutil

import pytest
from pets_table import pets


@pytest.fixture
def table(tmp_path):
    """The path of the table of pets."""
    return pets(tmp_path / "data")


@pytest.fixture(scope="session")
def shared_run(shared_folder):
    """A run on the table of pets: the table's path and the run's folder, for reading."""
    from keras_multimodal import commands

    source = shared_folder("pets", pets) / "pets.csv"

    def make(home):
        options = commands.Options(
            source=str(source),
            target="sort",
            output=str(home / "run"),
            key="code",
            image_size=16,
            epochs=1,
            seed=1,
        )
        commands.train(options)

    return source, shared_folder("pets_run", make) / "run"


@pytest.fixture
def trained(shared_run, tmp_path):
    """The same, the table in a folder that a test may write to."""
    source, run = shared_run
    return shutil.copytree(source.parent, tmp_path / "pets") / source.name, run
