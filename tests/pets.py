"""A small table of pets with pictures, a run on it, and recordings."""

import shutil
import wave

import keras
import numpy as np
import pandas as pd
import pytest

ROWS = 60


def write_wav(path, frequency, seconds=0.2, rate=8000):
    """A tone."""
    time = np.arange(int(seconds * rate)) / rate
    samples = (8000 * np.sin(2 * np.pi * frequency * time)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


def pets(folder):
    """Pictures, texts and columns that tell cats from dogs, with gaps and a broken file."""
    rng = np.random.default_rng(0)
    (folder / "photos").mkdir(parents=True)
    sort = np.array(["cat", "dog"])[rng.integers(0, 2, ROWS)]
    frame = pd.DataFrame(
        {
            "code": [f"{row:03d}" for row in range(ROWS)],  # numbers to a careless reader
            "Photo File": [f"photos/{row}.png" for row in range(ROWS)],
            "note": [
                f"{'it purrs' if s == 'cat' else 'it barks'} in house {row}"
                for row, s in enumerate(sort)
            ],
            "weight": np.where(sort == "cat", 4.0, 12.0) + rng.normal(size=ROWS).round(3),
            "colour": rng.choice(["black", "white", "brown"], ROWS),
            "sort": sort,
        }
    )
    for row, name in enumerate(frame["Photo File"]):
        picture = np.full((16, 16, 3), 40, "uint8")
        picture[..., 0 if sort[row] == "cat" else 2] = 220
        keras.utils.save_img(folder / name, picture, scale=False)
    (folder / frame["Photo File"][3]).write_bytes(b"no picture")
    frame.loc[[5, 6], "Photo File"] = None
    frame.loc[[6, 7], "note"] = None
    frame.loc[8, "sort"] = None
    frame.to_csv(folder / "pets.csv", index=False)
    return folder / "pets.csv"


@pytest.fixture
def table(tmp_path):
    """The path of the table of pets."""
    return pets(tmp_path / "data")


@pytest.fixture(scope="session")
def shared_run(shared_folder):
    """A run on the table of pets: the table's path and the run's folder, for reading."""
    from keras_multimodal import experiment

    source = shared_folder("pets", pets) / "pets.csv"

    def make(home):
        options = experiment.TrainingOptions(
            source=str(source),
            target="sort",
            output=str(home / "run"),
            key="code",
            image_size=16,
            epochs=1,
            seed=1,
        )
        experiment.train(options)

    return source, shared_folder("pets_run", make) / "run"


@pytest.fixture
def trained(shared_run, tmp_path):
    """The same, the table in a folder that a test may write to."""
    source, run = shared_run
    return shutil.copytree(source.parent, tmp_path / "pets") / source.name, run
