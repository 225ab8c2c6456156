"""A table of pets, and a run on it."""

import pytest
from pets_table import pets


@pytest.fixture
def table(tmp_path):
    """The path of the table of pets."""
    return pets(tmp_path / "data")


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A run on the table of pets: the table's path and the run's folder."""
    from keras_multimodal import commands

    home = tmp_path_factory.mktemp("pets")
    source = pets(home / "data")
    options = commands.Options(
        source=str(source),
        target="sort",
        output=str(home / "run"),
        key="code",
        image_size=16,
        epochs=3,
        seed=1,
    )
    commands.train(options)
    return source, home / "run"
