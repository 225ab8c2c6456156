"""The demo's records, read as a user reads a folder of pictures and a CSV."""

import pathlib

import pandas as pd

from keras_multimodal import data, datasets
from keras_multimodal.errors import MissingFileError

SIZE = 72
WORDS = 12
COLUMNS = ("key", "file", "name", "category", "split")


def find_icons(data_dir: pathlib.Path | None) -> pathlib.Path:
    """Return the folder with `icons/` and `openmoji.csv`; it is written first if it is not there.

    Args:
        data_dir: The folder, which must exist; one in the cache by default, which is checked and
            mended. One of the user's that has an `openmoji.csv` is taken as it is.

    Raises:
        MissingFileError: If `data_dir` is no folder.
    """
    if data_dir is not None:
        if not data_dir.is_dir():
            raise MissingFileError(
                "data",
                f"must be a folder that exists. Received: {data_dir}. Correct the path, or make "
                "an empty folder for the icons",
            )
        if (data_dir / "openmoji.csv").is_file():
            return data_dir
        print(f"There is no openmoji.csv in {data_dir}: writing the icons there.", flush=True)
    return datasets.write_open_moji(data_dir, size=SIZE, verbose=True)


def read_icons(folder: pathlib.Path) -> tuple[data.Records, ...]:
    """Training, validation and test records: an icon, its name and its category.

    Args:
        folder: What `find_icons` returned.

    Raises:
        FileNotFoundError: If a picture, or the folder of pictures, is missing.
        ValueError: If the CSV lacks a column or a label, a picture cannot be read, or a part has
            no rows.
    """
    table = folder / "openmoji.csv"
    frame = _read_table(table)
    images = data.ImageStream(
        rescale=1 / 255,
        rotation_range=10,
        width_shift_range=0.08,
        height_shift_range=0.08,
        zoom_range=0.1,
        horizontal_flip=True,
    ).from_dataframe(
        frame,
        "file",
        folder / "icons",
        key="key",
        target_size=(SIZE, SIZE),
        optional=True,
    )
    texts = data.TextProcessor(length=WORDS, word_dropout=0.3).from_dataframe(
        frame, column="name", key="key", optional=True
    )
    by_key = frame.set_index("key")
    records = data.pair(images, texts, labels=by_key["category"])
    parts = records.verify().split_by(by_key["split"])
    if len(parts[-1]) < 2:
        raise ValueError(
            f"{table} must have at least two rows in each part, test among them. "
            f"Received: {len(parts[-1])} test row"
        )
    return parts


def _read_table(path: pathlib.Path) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    except ValueError as error:
        raise ValueError(f"{path} must be a CSV in UTF-8. {error}") from error
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise ValueError(
            f"{path} must have the columns {list(COLUMNS)}. Received: {list(frame.columns)}, "
            f"without {missing}. Name the columns so, or run without --data to use the demo's own"
        )
    if frame.empty:
        raise ValueError(f"{path} must have a row for each icon. Received: no rows")
    return frame
