"""A run on a real table is worth its while."""

import pandas as pd
import pytest

from keras_multimodal import experiment


@pytest.mark.slow
def test_all_columns_of_reviews_are_better_than_guessing_and_not_worse_than_one(
    shared_data, tmp_path
):
    frame = pd.read_parquet(shared_data / "reviews.parquet").sample(2000, random_state=0)
    frame.to_parquet(tmp_path / "reviews.parquet")
    run = experiment.train(
        experiment.TrainingOptions(
            source=str(tmp_path / "reviews.parquet"),
            target="Recommended IND",
            output=str(tmp_path / "run"),
            ignore=("Clothing ID", "Title"),
            epochs=4,
        )
    )
    scores = run.scores.test
    alone = scores[run.scores.best_single]["accuracy"]
    assert scores["all"]["accuracy"] > scores["guessing"]["accuracy_interval_95"][1]
    # 300 test rows: two of them are within chance.
    assert scores["all"]["accuracy"] >= alone - 0.01
