"""The demo writes what it promises, and the fused model beats both single ones."""

import csv
import json
import os
import pathlib
import re
import shutil

import keras
import numpy as np
import pandas as pd
import pytest

from keras_multimodal import demo
from keras_multimodal.demo import main_job, models
from keras_multimodal.demo.icon_records import find_icons, read_icons
from keras_multimodal.export import serve_in_fresh_process
from keras_multimodal.schema import Schema, Text
from tests.suite.shared_results import digest

FILES = ["history.csv", "metrics.json", "model.keras", "report.html", "saved_model"]

# The folder of a user's run, `keras-multimodal demo`, which `.ci/run` has made before the tests.
DEMO_RUN = os.environ.get("KMM_DEMO_RUN")
IN_CI = os.environ.get("CI") == "true"
EPOCHS = 8  # where the tests make the run themselves


@pytest.fixture(scope="module")
def small(few_icons, shared_folder):
    """A run on few rows, over an earlier one: everything is written, nothing much is learned."""

    def make(home):
        output = home / "out"
        (output / "saved_model").mkdir(parents=True)
        (output / "metrics.json").write_text('{"settings": "of the earlier run"}')
        (output / "saved_model" / "earlier.pb").touch()
        (output / "earlier.txt").touch()
        demo.run(output, data_dir=few_icons, epochs=2, seed=3, overwrite=True)

    return shared_folder("small_demo", make) / "out"


@pytest.fixture(scope="module")
def full_run(shared_icons, shared_folder):
    """The folder of a run on all icons."""
    if DEMO_RUN:
        return pathlib.Path(DEMO_RUN)
    if IN_CI:
        pytest.fail("KMM_DEMO_RUN must name the folder of CI's run of the demo. It is not set")

    def make(home):
        demo.run(home / "out", data_dir=shared_icons(), epochs=EPOCHS)

    return shared_folder("full_demo", make) / "out"


def of_full_run(test):
    """Mark what is slow where the tests make the run themselves."""
    return test if DEMO_RUN or IN_CI else pytest.mark.slow(test)


def test_every_file_is_there(small):
    assert sorted(path.name for path in small.iterdir()) == FILES
    assert [path.name for path in small.parent.iterdir()] == ["out"]


def test_the_metrics_hold_what_was_measured(small, few_icons):
    metrics = json.loads((small / "metrics.json").read_text())
    frame = pd.read_csv(few_icons / "openmoji.csv")
    assert metrics["rows"] == frame["split"].value_counts().to_dict()
    assert list(metrics["test_accuracy"]) == ["image", "text", "fused"]
    assert list(metrics["withheld"]) == ["image", "text"]
    assert metrics["versions"]["keras"] == keras.version()
    assert metrics["settings"] == {"epochs": 2, "seed": 3}
    assert metrics["served"]["rows"] == min(64, metrics["rows"]["test"])
    assert metrics["served"]["largest_difference"] <= 1e-5
    for name, accuracy in metrics["test_accuracy"].items():
        low, high = metrics["test_accuracy_interval_95"][name]
        assert 0 <= low <= accuracy <= high <= 1
    for withheld in metrics["withheld"].values():
        assert withheld["withheld_rows"] == pytest.approx(metrics["rows"]["test"] / 2, abs=1)
        assert set(withheld["withheld_rows_accuracy"]) == {"image", "text", "fused"}


def test_the_history_has_a_line_for_each_model_and_epoch(small):
    with (small / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = [(row["model"], row["epoch"]) for row in rows]
    assert found == [(name, epoch) for name in ("image", "text", "fused") for epoch in "12"]
    assert all(0 <= float(row["val_accuracy"]) <= 1 for row in rows)


def test_the_report_is_whole_and_needs_nothing_from_elsewhere(small):
    page = (small / "report.html").read_text()
    for heading in (
        "Test accuracy",
        "Learning curves",
        "Confusion matrix of the fused model",
        "Test rows",
        "Test rows without their picture",
        "Test rows without their name",
        "Settings and versions",
    ):
        assert f"<h2>{heading}</h2>" in page
    assert not re.search(r"<script|src=\"(?!data:)", page)
    assert page.count('class="row"') == 18
    assert page.count("picture withheld</div>") == 6
    assert page.count("text withheld") == 6
    assert "OpenMoji" not in page  # the folder of these few names nobody


def test_the_keras_model_and_the_saved_model_agree_without_the_package(small, few_icons):
    model = keras.saving.load_model(small / "model.keras")
    schema_text = (small / "saved_model" / "assets.extra" / "schema.json").read_text()
    classes = np.array(Schema.from_json(schema_text).target.classes)
    frame = pd.read_csv(few_icons / "openmoji.csv").query("split == 'test'")[:8]
    raw = {
        "image": [(few_icons / "icons" / file).read_bytes() for file in frame["file"]],
        "text": frame["name"].tolist(),
    }
    raw["image"][0], raw["text"][1] = b"", ""
    outputs = serve_in_fresh_process(small / "saved_model", raw)
    np.testing.assert_array_equal(outputs["label"], classes[outputs["probabilities"].argmax(-1)])
    from keras_multimodal.data import Preprocessor

    inputs = Preprocessor(Schema.from_json(schema_text))(raw)
    np.testing.assert_allclose(model(inputs), outputs["probabilities"], atol=1e-5)


def test_a_saved_model_that_says_something_else_is_refused(small, few_icons, monkeypatch):
    def serve(folder, raw):
        return {"probabilities": np.full((len(raw["text"]), len(test.schema.target.classes)), 0.5)}

    *_, test = read_icons(few_icons)
    model = keras.saving.load_model(small / "model.keras")
    monkeypatch.setattr(main_job.export, "serve_in_fresh_process", serve)
    with pytest.raises(RuntimeError, match=r"differ by 0\.\d+ on \d+ rows.* agree within 1e-05"):
        main_job._check_served(model, small / "saved_model", test, seed=0)


def test_a_model_of_classes_needs_them():
    schema = Schema([Text(name="text", length=2, vocabulary=("a",), optional=True)])
    with pytest.raises(ValueError, match=r"`schema` must have a target. Received: None"):
        models.single_model(schema)


def test_without_a_folder_the_icons_are_those_in_the_cache(icons, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "open_moji_72px").symlink_to(icons)
    assert find_icons(None) == tmp_path / "datasets" / "open_moji_72px"


def test_a_second_run_replaces_the_first_only_when_told(small, few_icons, tmp_path):
    kept = shutil.copytree(small, tmp_path / "out")
    with pytest.raises(ValueError, match="overwrite=True"):
        demo.run(kept, data_dir=few_icons, epochs=1)
    assert digest(kept) == digest(small)
    # `small` was written over an earlier run, of which nothing is left.
    assert sorted(path.name for path in small.iterdir()) == FILES
    assert not (small / "saved_model" / "earlier.pb").exists()
    assert json.loads((small / "metrics.json").read_text())["settings"] == {"epochs": 2, "seed": 3}


@of_full_run
def test_the_run_on_all_icons_is_whole(full_run):
    assert sorted(path.name for path in full_run.iterdir()) == FILES
    metrics = json.loads((full_run / "metrics.json").read_text())
    assert metrics["rows"] == {"train": 1141, "validation": 281, "test": 476}
    assert metrics["settings"] == {"epochs": 20 if DEMO_RUN else EPOCHS, "seed": 0}
    assert metrics["served"]["rows"] == 64
    assert metrics["served"]["largest_difference"] <= 1e-5
    assert "All emojis designed by OpenMoji" in (full_run / "report.html").read_text()
    with (full_run / "history.csv").open(newline="") as file:
        rows = [row["model"] for row in csv.DictReader(file)]
    assert {rows.count(name) for name in ("image", "text", "fused")} == {
        metrics["settings"]["epochs"]
    }


@of_full_run
def test_the_fused_model_beats_both_single_ones(full_run):
    """By more than the standard errors together; and nothing withheld hurts by more than those.

    The accuracies of three seeds are in `benchmarks.pretrained_accuracy`.
    """
    run = json.loads((full_run / "metrics.json").read_text())
    accuracy, rows = run["test_accuracy"], run["rows"]["test"]

    def errors(shares, rows):
        return sum(np.sqrt(share * (1 - share) / rows) for share in shares)

    for single in ("image", "text"):
        both = [accuracy["fused"], accuracy[single]]
        assert both[0] - both[1] > errors(both, rows)
    for withheld, other in (("image", "text"), ("text", "image")):
        lacking = run["withheld"][withheld]
        both = [lacking["withheld_rows_accuracy"][name] for name in ("fused", other)]
        assert both[1] - both[0] < errors(both, lacking["withheld_rows"])
