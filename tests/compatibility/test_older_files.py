"""What an earlier version wrote is still read, and says the same.

`write_fixtures.py` wrote the files, each folder with the code of its time.
"""

import json
import pathlib
import shutil

import keras
import numpy as np
import pandas as pd
import pytest

from keras_multimodal import cli
from keras_multimodal.export import serve_in_fresh_process
from keras_multimodal.schema import Schema
from tests.pets import pets

OLD = pathlib.Path(__file__).parent / "2026_11"
LAYERS = json.loads((OLD / "layers.json").read_text())
SCHEMAS = json.loads((OLD / "schemas.json").read_text())
RENAMED = {"hop": "hop_seconds", "feed_forward_dim": "intermediate_dim"}  # arguments
MODELS = sorted(path.stem for path in OLD.glob("*.keras"))


@pytest.mark.parametrize(
    "config", LAYERS, ids=[f"{i} {each['class_name']}" for i, each in enumerate(LAYERS)]
)
def test_a_layer_is_made_from_its_description(config):
    layer = keras.saving.deserialize_keras_object(config)
    again = json.loads(json.dumps(keras.saving.serialize_keras_object(layer)["config"]))
    now = {RENAMED.get(name, name): value for name, value in config["config"].items()}
    assert {name: again[name] for name in now} == now


@pytest.mark.parametrize("name", MODELS)
def test_a_model_is_loaded_and_answers_the_same(name):
    with np.load(OLD / f"{name}.npz", allow_pickle=False) as file:
        arrays = {key: file[key] for key in file}
    inputs = {key[7:]: value for key, value in arrays.items() if key.startswith("inputs/")}
    model = keras.saving.load_model(OLD / f"{name}.keras")
    assert model.compiled
    outputs = model.predict_on_batch(inputs)
    outputs = outputs if isinstance(outputs, dict) else {"output": outputs}
    assert outputs
    for key, value in outputs.items():
        np.testing.assert_allclose(value, arrays[f"outputs/{key}"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("config", SCHEMAS, ids=range(len(SCHEMAS)))
def test_a_description_is_read(config):
    schema = Schema.from_json(json.dumps(config))
    assert schema == Schema.from_json(schema.to_json())
    assert len(schema.inputs) == len(config["inputs"])
    assert (schema.target is None) == (config["target"] is None)


def test_a_run_predicts_as_it_did(tmp_path):
    source = pets(tmp_path / "data")
    run = shutil.copytree(OLD / "run", tmp_path / "run")
    output = str(tmp_path / "found.csv")
    assert cli.main(["predict", str(run), str(source), "--output", output]) == 0
    found = pd.read_csv(tmp_path / "found.csv", dtype={"code": str}).set_index("code")
    split = pd.read_csv(run / "split.csv", dtype={"key": str})
    test = split["key"][split["part"] == "test"]
    table = pd.read_csv(source, dtype={"code": str}).set_index("code")
    right = (found.loc[test, "prediction"] == table.loc[test, "sort"]).mean()
    metrics = json.loads((run / "metrics.json").read_text())
    assert right == pytest.approx(metrics["test"]["all"]["accuracy"])


def test_a_saved_model_is_served(tmp_path):
    source = pets(tmp_path / "data")
    frame = pd.read_csv(source)
    raw = {
        "Photo_File": [(source.parent / name).read_bytes() for name in frame["Photo File"][:2]],
        "note": frame["note"][:2].tolist(),
        "weight": frame["weight"][:2].to_numpy("float32"),
        "colour": frame["colour"][:2].tolist(),
    }
    answer = serve_in_fresh_process(OLD / "run" / "saved_model", raw)
    assert answer["label"].tolist() == frame["sort"][:2].tolist()
