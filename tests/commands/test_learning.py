"""A run on a real table is worth its while."""

import pandas as pd
import pytest

from keras_multimodal import commands


@pytest.mark.slow
def test_all_columns_of_reviews_are_better_than_guessing_and_not_worse_than_one(
    shared_data, tmp_path
):
    frame = pd.read_parquet(shared_data / "reviews.parquet").sample(2000, random_state=0)
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
