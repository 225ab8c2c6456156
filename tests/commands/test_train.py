"""A run on a table: what it leaves, and that it goes on where it was interrupted."""

import functools
import json
import os
import signal
import sys

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from disk_limits import no_file_above
from pets import ROWS, write_wav

from keras_multimodal import cli, data, experiment, tables
from keras_multimodal._locks import locked
from keras_multimodal.experiment import fitting
from keras_multimodal.schema import Schema


def test_a_run_leaves_all_it_takes_to_use_and_to_repeat_it(shared_run):
    source, run = shared_run
    assert sorted(path.name for path in run.iterdir()) == [
        "columns.json",
        "config.json",
        "history.csv",
        "metrics.json",
        "model.keras",
        "report.html",
        "saved_model",
        "schema.json",
        "split.csv",
    ]
    assert [path.name for path in run.parent.iterdir()] == ["run"]
    schema = Schema.from_json((run / "schema.json").read_text())
    assert schema.names == ("Photo File", "note", "table")
    assert schema["table"].columns == ("weight", "colour")
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["rows"] == {"training": 41, "validation": 9, "test": 9}
    assert set(metrics["test"]) == {
        "guessing",
        "all",
        "Photo File alone",
        "note alone",
        "table alone",
    }
    assert list(metrics["pairing"]["missing"]) == ["Photo File", "note", "table"]
    assert metrics["pairing"]["missing"]["Photo File"] == [6, 7]  # rows are numbered from 1
    ((row, reason),) = metrics["pairing"]["unreadable"]["Photo File"]
    assert row == 4
    assert reason.startswith("'photos/3.png' ")
    assert metrics["validation"]["rows"] == 9
    split = pd.read_csv(run / "split.csv", dtype={"key": str})
    assert split["key"].tolist() == [f"{row - 1:03d}" for row in split["row"]]
    assert len(split) == ROWS - 1
    assert set(split["part"]) == {"training", "validation", "test"}
    assert 9 not in set(split["row"])  # it has no target
    history = pd.read_csv(run / "history.csv")
    assert set(history["model"]) == set(metrics["test"]) - {"guessing"}
    page = (run / "report.html").read_text()
    assert "best single modality" in page
    assert "Photo File alone" in page
    assert "&#x27;photos/3.png&#x27;" in page
    assert "all epochs are done" in page
    scores = metrics["test"]
    alone = [scores[name]["accuracy"] for name in scores if name.endswith(" alone")]
    no_better = "All together are no better on these rows" in page
    assert no_better == (scores["all"]["accuracy"] <= max(alone))
    config = json.loads((run / "config.json").read_text())
    assert config["source"] == str(source)
    assert config["image_size"] == 16


def test_the_served_model_takes_the_raw_cells(trained, tmp_path):
    source, run = trained
    frame = pd.read_csv(source)
    served = tf.saved_model.load(str(run / "saved_model")).signatures["serving_default"]
    row = 0
    photo = (source.parent / frame["Photo File"][row]).read_bytes()
    answer = served(
        Photo_File=tf.constant([photo]),
        note=tf.constant([frame["note"][row]]),
        weight=tf.constant([frame["weight"][row]], tf.float32),
        colour=tf.constant([frame["colour"][row]]),
    )
    predicted = experiment.predict(experiment.load(run), tables.read(source, key="code"))
    assert answer["label"].numpy()[0].decode() == predicted["prediction"][row]
    assert answer["probabilities"].numpy()[0, 0] == pytest.approx(
        predicted["probability_cat"][row], abs=1e-4
    )


def test_the_command_line_runs_from_a_file_of_options(table, tmp_path, capsys):
    config = tmp_path / "options.yaml"
    config.write_text(
        f"source: {table}\ntarget: sort\ntext: note\nonly: true\nepochs: 9\nbaselines: false\n"
    )
    run = tmp_path / "run"
    arguments = ["train", "--config", str(config), "--epochs", "1", "--output", str(run)]
    assert cli.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "note: text (as you say)" in printed
    assert "1 of 60 rows have no target and are left out" in printed
    assert "On the test rows, accuracy:" in printed
    kept = json.loads((run / "config.json").read_text())
    assert (kept["epochs"], kept["text"], kept["only"]) == (1, ["note"], True)
    # The run's own file repeats it.
    again = ["train", "--config", str(run / "config.json"), "--output", str(tmp_path / "again")]
    assert cli.main(again) == 0
    first, second = (
        json.loads((tmp_path / name / "metrics.json").read_text())["test"]["all"]
        for name in ("run", "again")
    )
    assert first == second


def test_an_interrupted_run_goes_on_as_if_nothing_had_been(table, tmp_path, monkeypatch, capsys):
    run, whole = tmp_path / "run", tmp_path / "whole"
    arguments = ["train", str(table), "--target", "sort", "--text", "note", "--only"]
    arguments += ["--epochs", "4", "--no-baselines", "--output"]
    assert cli.main([*arguments, str(whole)]) == 0
    arguments.append(str(run))

    class Interrupting(fitting.BestEpoch):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            if epoch == 1:  # as whoever plans the work of a cluster does it
                os.kill(os.getpid(), signal.SIGTERM)
            if epoch == 3:
                raise KeyboardInterrupt

    class Full(fitting.BestEpoch):
        def on_epoch_end(self, epoch, logs=None):
            with no_file_above(1000):
                super().on_epoch_end(epoch, logs)

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tables, "read", interrupt)  # before anything has been learned
        assert cli.main(arguments) == 130
    assert "interrupted; nothing was written" in capsys.readouterr().err
    with monkeypatch.context() as patch:
        patch.setattr(fitting, "BestEpoch", Interrupting)
        assert cli.main(arguments) == 128 + signal.SIGTERM
    said = "ended by SIGTERM; go on with the same command and --resume.\n"
    assert capsys.readouterr().err.endswith(said)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert not run.exists()
    (tmp_path / ".run-abcdefgh" / "new").mkdir(parents=True)  # as SIGKILL leaves it
    assert cli.main(arguments) == 2
    assert "go on with `--resume`" in capsys.readouterr().err
    assert cli.main([*arguments, "--resume", "--epochs", "5"]) == 2
    assert "Received: epochs 5 and not 4" in capsys.readouterr().err
    whole_table = table.read_text()
    table.write_text(whole_table.replace("it purrs", "it roars"))
    assert cli.main([*arguments, "--resume"]) == 2
    assert "`--resume` must come with the table that the run began with" in capsys.readouterr().err
    table.write_text(whole_table)
    with locked(run):
        assert cli.main([*arguments, "--resume"]) == 2
    assert "`--output` must be written by one at a time" in capsys.readouterr().err
    with monkeypatch.context() as patch:
        patch.setattr(fitting, "BestEpoch", Full)
        assert cli.main([*arguments, "--resume"]) == 2
    full = "Make room; then go on with the same command and --resume\n"
    assert capsys.readouterr().err.endswith(full)
    with monkeypatch.context() as patch:
        patch.setattr(tables, "read", interrupt)  # what had been learned before is still there
        assert cli.main([*arguments, "--resume"]) == 130
    assert "--resume" in capsys.readouterr().err
    with monkeypatch.context() as patch:
        patch.setattr(fitting, "BestEpoch", Interrupting)
        assert cli.main([*arguments, "--resume"]) == 130
    printed = capsys.readouterr().out
    assert "Epoch 1/4" not in printed
    assert "Epoch 4/4" in printed
    assert cli.main([*arguments, "--resume"]) == 0  # behind the last epoch
    history = pd.read_csv(run / "history.csv")
    assert history["epoch"].tolist() == [1, 2, 3, 4]
    pd.testing.assert_frame_equal(history, pd.read_csv(whole / "history.csv"), rtol=1e-4)
    assert "Training all on" not in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "run", "whole"]


def test_what_is_odd_about_a_table_is_said(tmp_path, capsys):
    rng = np.random.default_rng(0)
    rows = 60
    frame = pd.DataFrame(
        {
            "code": [f"k{row}" for row in range(rows)],
            "who": [f"person {row % 12}" for row in range(rows)],
            "part": np.where(np.arange(rows) % 12 < 8, "Train", "Test"),
            "weight": (rng.normal(size=rows) * 9 + 60).round(2).astype(str),
            "sort": ["cat", "dog"] * (rows // 2),
        }
    )
    frame.loc[[2, 4], "weight"] = ["heavy", "inf"]
    frame.loc[14] = frame.loc[2]
    frame.loc[9, "sort"] = None
    frame.to_csv(tmp_path / "t.csv", index=False, sep=";")
    arguments = ["train", str(tmp_path / "t.csv"), "--target", "sort", "--key", "code"]
    arguments += ["--group", "who", "--split", "part", "--epochs", "1"]
    assert cli.main([*arguments, "--output", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr().out
    assert "weight: number (57 numbers from" in printed
    assert "3 cells of 'weight' are no finite numbers, such as 'heavy' in row 3" in printed
    assert "1 rows repeat another, such as row 15 row 3" in printed
    assert "1 rows have a key that was there before, such as 'k2' in row 15" in printed
    assert "1 of 60 rows have no target and are left out (10)" in printed
    assert "  test: who 'person 8', " in printed
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["repeated_rows"] == 1


def test_numbers_of_recordings_and_series(tmp_path, capsys):
    rng = np.random.default_rng(0)
    (tmp_path / "sounds").mkdir()
    pitch = rng.uniform(200, 2000, 40)
    for row, each in enumerate(pitch):
        write_wav(tmp_path / "sounds" / f"{row}.wav", each)
    (tmp_path / "sounds" / "2.wav").write_bytes(b"RIFF")
    frame = pd.DataFrame(
        {
            "sound": [f"sounds/{row}.wav" for row in range(40)],
            "trace": [(np.arange(6) * each / 1000).tolist() for each in pitch],
            "pitch": pitch,
        }
    )
    frame.to_parquet(tmp_path / "tones.parquet")
    run = tmp_path / "run"
    source = str(tmp_path / "tones.parquet")
    arguments = ["train", source, "--target", "pitch", "--epochs", "2", "--output", str(run)]
    assert cli.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "sound: audio (40 of 40 cells end in .wav)" in printed
    assert "trace: sensor (40 lists of numbers)" in printed
    assert "pitch: target, regression" in printed
    assert "sound cannot be read in 1 rows, such as row 3" in printed
    assert cli.main(["predict", str(run), source, "--output", str(tmp_path / "out.jsonl")]) == 0
    predicted = pd.read_json(tmp_path / "out.jsonl", lines=True)
    assert predicted.columns.tolist() == ["row", "prediction", "low", "high", "status"]
    assert (predicted["low"] <= predicted["prediction"]).all()
    assert "sound could not be read" in predicted["status"][2]
    assert (predicted["status"].drop(2) == "ok").all()


def test_a_data_set_of_tensorflow_datasets(tmp_path, monkeypatch, capsys):
    # The environment says where prepared data sets are, but is asked once, as the package loads.
    prepared = functools.partial(data.read_tfds, data_dir=tmp_path / "prepared")
    monkeypatch.setattr(data, "read_tfds", prepared)
    monkeypatch.chdir(tmp_path)
    sort = np.arange(40) % 2
    photos = np.zeros((40, 16, 16, 3), "uint8")
    photos[np.arange(40), :, :, 2 * sort] = 220
    features = tfds.features.FeaturesDict(
        {
            "photo": tfds.features.Image(shape=(16, 16, 3)),
            "sort": tfds.features.ClassLabel(names=["cat", "dog"]),
        }
    )
    rows = tf.data.Dataset.from_tensor_slices({"photo": photos, "sort": sort})
    tfds.dataset_builders.store_as_tfds_dataset(
        "forty_pets", "1.0.0", features, {"train": rows}, data_dir=tmp_path / "prepared"
    )
    arguments = ["train", "tfds:forty_pets", "--target", "sort", "--image-size", "16"]
    assert cli.main([*arguments, "--epochs", "1", "--output", "run"]) == 0
    assert "photo: image (40 of 40 cells end in .png)" in capsys.readouterr().out
    assert cli.main(["predict", "run", "tfds:forty_pets", "--output", "out.csv"]) == 0
    assert (pd.read_csv("out.csv")["status"] == "ok").all()
    assert {path.name for path in tmp_path.iterdir()} == {"prepared", "run", "out.csv"}


@pytest.mark.parametrize(("task", "target"), [("generation", "note"), ("retrieval", None)])
def test_texts_to_write_and_what_belongs_together(table, tmp_path, capsys, task, target):
    run = tmp_path / "run"
    arguments = ["train", str(table), "--image", "Photo File", "--only", "--task", task]
    arguments += ["--epochs", "1", "--image-size", "16", "--output", str(run)]
    arguments += ["--text", "note"] if target is None else ["--target", target]
    assert cli.main(arguments) == 0
    scores = json.loads((run / "metrics.json").read_text())["test"]["all"]
    assert ("recall@10" if target is None else "f1") in scores
    capsys.readouterr()
    code = cli.main(["predict", str(run), str(table), "--output", str(tmp_path / "out.csv")])
    if target is None:
        assert code == 2
        assert "SearchIndex" in capsys.readouterr().err
        found = experiment.evaluate(experiment.load(run), tables.read(table)).scores
        assert found["rows"] == 59  # one has neither a picture nor a text
        assert 0 < found["recall@10"] <= 1
    else:
        assert code == 0, capsys.readouterr().err
        predicted = pd.read_csv(tmp_path / "out.csv")
        assert len(predicted) == ROWS
        assert predicted["prediction"][predicted["status"] == "ok"].notna().all()
        again = experiment.evaluate(experiment.load(run), tables.read(table)).scores
        assert again["rows"] == 56  # two lack the text, and two the picture or a readable one


def test_without_matplotlib_the_report_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    rows = np.arange(60)
    parts = np.where(rows < 40, "train", np.where(rows < 50, "validation", "test"))
    frame = pd.DataFrame({"size": rows / 7, "part": parts, "sort": np.where(rows % 2, "a", "b")})
    frame.to_csv(tmp_path / "t.csv", index=False)
    run = tmp_path / "run"
    arguments = ["train", str(tmp_path / "t.csv"), "--target", "sort", "--split", "part"]
    assert cli.main([*arguments, "--epochs", "1", "--output", str(run)]) == 0
    written = pd.read_csv(run / "split.csv")
    assert written["part"].str.replace("training", "train").tolist() == parts.tolist()
    page = (run / "report.html").read_text()
    assert "Learning curves are drawn by matplotlib, which is not installed" in page
