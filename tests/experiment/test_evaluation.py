"""Scores of a trained model on another table, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from keras_multimodal import experiment, tables


def test_scores_are_those_of_the_predictions(shared_run):
    source, folder = shared_run
    run = experiment.load(folder)
    table = tables.read(source, key="code")
    found = experiment.evaluate(run, table)
    scores = found.scores
    assert (found.rows, found.with_target, found.unreadable) == (60, 59, 0)
    assert found.is_training_table
    assert scores["rows"] == 59
    predicted = experiment.predict(run, table)
    truth = pd.read_csv(source)["sort"]
    right = (predicted["prediction"] == truth)[truth.notna()].mean()
    assert scores["accuracy"] == pytest.approx(right)
    assert scores["no_information_rate"] == truth.value_counts(normalize=True).max()
    assert set(scores["f1"]) == set(truth.dropna())
    assert scores["macro_f1"] == pytest.approx(np.mean(list(scores["f1"].values())))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sort": "bird"}, r"`table` must have classes that the model knows.*'bird'"),
        ({"sort": "bird"}, r"in 60 rows \(1, 2, 3, 4, 5 and 55 more\)"),
        ({"sort": None}, r"`table` must have rows with a target, 'sort'. Received: none"),
        (
            {"note": None, "weight": None, "colour": None, "Photo File": "nowhere.png"},
            "`table` must have rows that can be read. Received: none",
        ),
    ],
)
def test_a_table_that_cannot_be_scored_is_refused(shared_run, change, message):
    source, folder = shared_run
    frame = pd.read_csv(source).assign(**change)
    table = tables.Table.from_dataframe(frame, source.parent)
    with pytest.raises(ValueError, match=message) as caught:
        experiment.evaluate(experiment.load(folder), table)
    assert caught.value.argument == "table"


def test_rows_keep_their_numbers_where_others_have_no_target(shared_run):
    source, folder = shared_run
    frame = pd.read_csv(source)
    frame.loc[20, "sort"] = "bird"
    frame.loc[:9, "sort"] = None
    with pytest.raises(ValueError, match=r"'bird'\] in column 'sort', in 1 rows \(21\)"):
        experiment.evaluate(
            experiment.load(folder), tables.Table.from_dataframe(frame, source.parent)
        )


def test_another_table_is_not_that_of_the_training(shared_run):
    source, folder = shared_run
    frame = pd.read_csv(source, dtype={"code": str}).drop(index=[1])
    other = tables.Table.from_dataframe(frame, source.parent)
    found = experiment.evaluate(experiment.load(folder), other)
    assert not found.is_training_table
    assert (found.rows, found.with_target) == (59, 58)
