"""From a notebook: a frame in, a run out, nothing printed, findings in objects."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest

from keras_multimodal import experiment, tables
from keras_multimodal.errors import ArgumentError


def test_a_frame_goes_in_and_a_run_comes_out(table, tmp_path, capsys):
    frame = pd.read_csv(table, dtype={"code": str})
    frame["weight"] = frame["weight"].astype(object)
    frame.loc[20, "weight"] = "heavy"
    frame.loc[60] = frame.loc[10]
    capsys.readouterr()
    options = experiment.TrainingOptions(
        target="sort",
        key="code",
        image_size=16,
        epochs=1,
        baselines=False,
        fusion="mean",
        output=str(tmp_path / "run"),
    )
    found = []
    run = experiment.train(
        options, tables.Table.from_dataframe(frame, table.parent), on_finding=found.append
    )
    assert [type(each).__name__ for each in found] == [
        "ColumnFindings",
        "Repeats",
        "RowFindings",
        "Parts",
        "TrainingStart",
        "TrainingEnd",
        "Scores",
    ]
    columns, repeats, rows, parts, start, end, scores = found
    assert columns is run.prepared.columns
    assert {each.column: each.kind for each in columns.kinds} == {
        "code": "ignore",
        "Photo File": "image",
        "note": "text",
        "weight": "number",
        "colour": "category",
    }
    assert (columns.task.name, columns.task.column) == ("classification", "sort")
    assert repeats.rows == {61: 11}
    assert repeats.keys == {61: "010"}
    assert rows.without_target == (9,)
    assert rows.wrong_numbers == {"weight": {21: "heavy"}}
    assert list(rows.report.unreadable["Photo File"]) == [4]
    assert rows.report.missing["Photo File"] == (6, 7)
    assert start.rows == len(parts.records["training"])
    assert end.epochs == run.models["all"].fit.epochs == 1
    assert scores is run.scores
    assert run.scores.test["all"]["rows"] == len(parts.records["test"])
    assert run.metrics == json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert run.model.count_params() > 0
    assert run.answers["all"].shape == (len(parts.records["test"]), 2)

    back = experiment.load(run.directory)
    assert back.schema == run.schema
    table_of_frame = tables.Table.from_dataframe(frame, table.parent)
    predicted = experiment.predict(back, table_of_frame)
    pd.testing.assert_frame_equal(
        experiment.predict(run.trained, table_of_frame), predicted, atol=1e-5
    )
    assert experiment.evaluate(run.trained, table_of_frame).is_training_table
    assert predicted["code"].tolist() == frame["code"].tolist()
    assert predicted["status"][20] == "weight is no finite number: 'heavy'"
    test_rows = np.array(parts.records["test"].keys) - 1
    columns_of_classes = [f"probability_{name}" for name in run.schema.target.classes]
    np.testing.assert_allclose(
        predicted.loc[test_rows, columns_of_classes], run.answers["all"], atol=1e-4
    )
    described = experiment.describe(table_of_frame, tables.TableOptions(ignore=("sort",)))
    assert described.timing is None
    assert described.classes == {}
    assert described.cells.set_index("column").loc["Photo File", "missing"] == 2
    silent = capsys.readouterr()
    assert (silent.out, silent.err) == ("", "")


def test_a_wrong_argument_is_an_attribute_of_the_error(table):
    with pytest.raises(ArgumentError, match="`target` must name a column") as caught:
        tables.examine(tables.read(table), tables.TableOptions(target="srot"))
    assert caught.value.argument == "target"
    assert caught.value.problem.endswith("Received: 'srot'; is it 'sort'?")
    options = experiment.TrainingOptions(source=str(table), target="sort", fusion="meen")
    with pytest.raises(ArgumentError, match="Did you mean 'mean'") as caught:
        experiment.train(options)
    assert caught.value.argument == "fusion"
    options = experiment.TrainingOptions(target="sort")
    with pytest.raises(ArgumentError, match="where none is handed on") as caught:
        experiment.train(options)
    assert caught.value.argument == "source"


def test_a_table_and_a_source_are_one_too_many(table):
    options = experiment.TrainingOptions(source=str(table), target="sort")
    with pytest.raises(ArgumentError, match="must be left out where the options name a table"):
        experiment.train(options, tables.read(table))


def test_rows_that_are_taken_keep_their_numbers(shared_run):
    source, folder = shared_run
    run = experiment.load(folder)
    run = dataclasses.replace(run, options=dataclasses.replace(run.options, key=None))
    table = tables.read(source)
    some = table.rows(table.frame["sort"] == "cat")
    assert experiment.predict(run, some)["row"].tolist() == some.frame.index.tolist()


def test_a_key_that_the_table_lacks_is_told_before_anything_is_predicted(shared_run):
    source, folder = shared_run
    frame = pd.read_csv(source).drop(columns="code")
    with pytest.raises(ArgumentError, match="column of keys that the model was trained with, 'co"):
        experiment.predict(experiment.load(folder), tables.Table.from_dataframe(frame))
