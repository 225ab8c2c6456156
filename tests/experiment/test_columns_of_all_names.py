"""Tables whose columns are called in any language, as a model's own parts, or alike."""

import json

import numpy as np
import pandas as pd
import pytest

from keras_multimodal import experiment, export, tables
from keras_multimodal.errors import ArgumentError
from keras_multimodal.tables import Table, TableOptions

ROWS = 40


@pytest.fixture
def frame(rng):
    """Columns of numbers and categories, a key and a target."""
    target = np.array(["好", "坏"] * (ROWS // 2))
    return pd.DataFrame(
        {
            "status": [f"k{row}" for row in range(ROWS)],
            "尺寸 (厘米)": rng.normal(size=ROWS),
            "1stFlrSF": rng.normal(size=ROWS) + (target == "好"),
            "from": rng.choice(["北", "南"], ROWS),
            "class": rng.choice(["a", "b"], ROWS),
            "标签": target,
        }
    )


def test_a_table_is_trained_predicted_and_served(frame, tmp_path):
    options = experiment.TrainingOptions(
        target="标签",
        key="status",
        epochs=1,
        baselines=False,
        output=str(tmp_path / "run"),
    )
    experiment.train(options, Table.from_dataframe(frame))
    run = experiment.load(tmp_path / "run")
    assert set(run.schema["table"].columns) == {"尺寸 (厘米)", "1stFlrSF", "from", "class"}
    found = experiment.predict(run, Table.from_dataframe(frame))
    assert list(found)[:2] == ["status_", "prediction"]
    assert found["status_"].tolist() == frame["status"].tolist()
    assert found["status"].tolist() == ["ok"] * ROWS
    folder = tmp_path / "run" / "saved_model"
    described = json.loads((folder / "signature.json").read_text("utf-8"))
    inputs = described["signatures"]["serving_default"]["inputs"]
    answer = export.serve_in_fresh_process(
        folder, {served: frame[each["name"]].to_numpy() for served, each in inputs.items()}
    )
    assert answer["label"].tolist() == found["prediction"].tolist()


def test_what_cannot_be_exported_is_told_before_anything_is_trained(frame, tmp_path, monkeypatch):
    def refuse(schema):
        raise ArgumentError("schema", f"must not be {schema.names}")

    monkeypatch.setattr(export, "check_export", refuse)
    options = experiment.TrainingOptions(target="标签", output=str(tmp_path / "run"))
    findings = []
    with pytest.raises(ArgumentError, match=r"`table` must not be \('table',\)"):
        experiment.train(options, Table.from_dataframe(frame), on_finding=findings.append)
    assert not any(isinstance(each, experiment.TrainingStart) for each in findings)
    assert list(tmp_path.iterdir()) == []


def test_columns_called_as_parts_of_a_model_are_renamed_within_it(frame):
    texts = [f"some words of row {row}" for row in range(ROWS)]
    frame = frame.assign(**{"table": texts, "label": texts[::-1]})
    prepared = tables.prepare(Table.from_dataframe(frame), TableOptions(target="标签"))
    schema = prepared.records.schema
    assert schema.names == ("table", "label", "table_")
    assert schema.target.name == "label_"


def test_columns_that_differ_in_a_sign_stay_apart(frame):
    texts = [f"some words of row {row}" for row in range(ROWS)]
    frame = frame.assign(**{"note 1": texts, "note_1": texts[::-1], "note-1": texts})
    prepared = tables.prepare(Table.from_dataframe(frame), TableOptions(target="标签"))
    notes = prepared.records.select_modalities("note 1", "note_1", "note-1").schema
    assert len(notes.inputs) == len({spec.inner_name for spec in notes.inputs}) == 3


def test_an_earlier_version_s_names_are_those_of_its_model(frame):
    table = Table.from_dataframe(frame.assign(_1stFlrSF=1.0))
    earlier = {"_1stFlrSF": "1stFlrSF", "from": "from"}
    renamed = table.renamed(earlier)
    assert renamed.frame["_1stFlrSF"].tolist() == frame["1stFlrSF"].tolist()
    assert renamed.names["_1stFlrSF"] == "1stFlrSF"
    assert renamed.column("_1stFlrSF", "text") != "_1stFlrSF"
    again = renamed.renamed(earlier)
    assert (list(again.frame), again.names) == (list(renamed.frame), renamed.names)
    pd.testing.assert_frame_equal(table.renamed(dict(table.names)).frame, table.frame)
