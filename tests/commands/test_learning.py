"""A run on a real table is worth its while."""

import pathlib

import pandas as pd
import pytest

from keras_multimodal import commands

REVIEWS = pathlib.Path(__file__).parents[3] / "shared/data/reviews.parquet"


@pytest.mark.slow
@pytest.mark.skipif(not REVIEWS.is_file(), reason="../shared/data is not here")
def test_all_columns_of_reviews_are_better_than_guessing_and_not_worse_than_one(tmp_path):
    frame = pd.read_parquet(REVIEWS).sample(2000, random_state=0)
    frame.to_parquet(tmp_path / "reviews.parquet")
    scores = commands.train(
        commands.Options(
            source=str(tmp_path / "reviews.parquet"),
            target="Recommended IND",
            output=str(tmp_path / "run"),
            ignore=("Clothing ID", "Title"),
            epochs=4,
        )
    )["test"]
    alone = [own["accuracy"] for name, own in scores.items() if name.endswith(" alone")]
    assert scores["all"]["accuracy"] > scores["guessing"]["accuracy_interval_95"][1]
    # 300 test rows: two of them are within chance.
    assert scores["all"]["accuracy"] >= max(alone) - 0.01
