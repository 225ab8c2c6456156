"""The course of trainings as a table."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def write_history(
    path: pathlib.Path, histories: Mapping[str, Mapping[str, Sequence[float]]]
) -> None:
    """Write a CSV of a line for each model and epoch.

    Args:
        path: The file.
        histories: By the model's name, each measure over its epochs.
    """
    frames = [
        pd.DataFrame(history).assign(model=name, epoch=np.arange(len(history["loss"])) + 1)
        for name, history in histories.items()
    ]
    frame = pd.concat(frames)
    first = ["model", "epoch"]
    columns = first + [column for column in frame.columns if column not in first]
    frame[columns].to_csv(path, index=False)
