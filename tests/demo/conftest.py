"""A small folder of icons, and what the command line makes of it."""

import dataclasses
import pathlib
import shutil

import pandas as pd
import pytest

from keras_multimodal import cli

ROWS = 20  # of each category


@pytest.fixture(scope="session")
def icons(shared_icons):
    """All icons, as the demo writes them."""
    return shared_icons()


@pytest.fixture(scope="session")
def few_icons(icons, shared_folder):
    """A few rows of each category and part, in a folder of the user's own."""

    def make(folder):
        frame = pd.read_csv(icons / "openmoji.csv")
        few = frame.groupby(["category", "split"]).head(ROWS // 3)
        (folder / "icons").mkdir(parents=True)
        for file in few["file"]:
            shutil.copy(icons / "icons" / file, folder / "icons" / file)
        few.to_csv(folder / "openmoji.csv", index=False)

    return shared_folder("few_icons", make)


@dataclasses.dataclass
class Folder:
    """A user's folder, and its table to change."""

    path: pathlib.Path

    @property
    def table(self):
        return pd.read_csv(self.path / "openmoji.csv", dtype=str)

    @table.setter
    def table(self, frame):
        frame.to_csv(self.path / "openmoji.csv", index=False)


@pytest.fixture
def own(few_icons, tmp_path):
    """A copy of `few_icons` to spoil."""
    return Folder(pathlib.Path(shutil.copytree(few_icons, tmp_path / "own")))


@pytest.fixture
def command(capsys):
    """Runs the command line; gives its exit code and what it said on stderr."""

    def run(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        return code, capsys.readouterr().err

    return run
