"""One row out for each row in, whatever it lacks."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from code_blocks import run_code_blocks

from keras_multimodal import cli


def predict(run, source, output):
    """What the command writes."""
    assert cli.main(["predict", str(run), str(source), "--output", str(output)]) == 0
    if output.suffix == ".parquet":
        return pd.read_parquet(output)
    return pd.read_csv(output, dtype={"code": str})


def test_rows_keep_their_order_and_their_keys(trained, tmp_path):
    source, run = trained
    predicted = predict(run, source, tmp_path / "out.csv")
    written = pd.read_csv(tmp_path / "out.csv", dtype={"code": str})
    assert written["code"].tolist() == [f"{row:03d}" for row in range(60)]
    assert list(written.columns) == [
        "code",
        "prediction",
        "probability",
        "probability_cat",
        "probability_dog",
        "status",
    ]
    assert predicted["status"][0] == "ok"
    assert "Photo File could not be read" in predicted["status"][3]
    assert predicted["status"][5] == "Photo File missing"
    assert predicted["status"][6] == "Photo File missing; note missing"
    assert predicted["prediction"].notna().all()  # the table is there in every row
    assert set(written["prediction"]) <= {"cat", "dog"}


def test_rows_in_another_order_have_the_same_predictions(trained, tmp_path):
    source, run = trained
    first = predict(run, source, tmp_path / "first.parquet").set_index("code")
    other = source.with_name("other.csv")
    pd.read_csv(source, dtype={"code": str}).iloc[::-1].to_csv(other, index=False)
    second = predict(run, other, tmp_path / "second.csv").set_index("code")
    close = (first["probability_cat"] - second["probability_cat"]).abs().max()
    assert close < 1e-4
    assert second.index.tolist() == first.index.tolist()[::-1]


def test_pictures_in_a_table_are_predicted_as_files_are(trained, tmp_path):
    source, run = trained
    first = predict(run, source, tmp_path / "first.parquet")
    frame = pd.read_csv(source, dtype={"code": str})
    frame["Photo File"] = [
        None if pd.isna(name) else {"bytes": (source.parent / name).read_bytes(), "path": name}
        for name in frame["Photo File"]
    ]
    frame.set_index("code").to_parquet(tmp_path / "inside.parquet")
    second = predict(run, tmp_path / "inside.parquet", tmp_path / "second.parquet")
    pd.testing.assert_frame_equal(first.drop(columns="status"), second.drop(columns="status"))
    assert second["status"][3].startswith("Photo File could not be read: 'Photo_File/4.bin'")
    assert second["status"][5] == "Photo File missing"


def test_absent_columns_and_new_categories_are_said(trained, tmp_path, capsys):
    source, run = trained
    frame = pd.read_csv(source).drop(columns="sort").rename(columns={"note": "Note"})
    frame.loc[0, "colour"] = "green"
    frame["weight"] = frame["weight"].astype(object)
    frame.loc[[2, 4], "weight"] = ["heavy", None]
    frame.loc[1, ["Photo File", "weight", "colour"]] = None
    new = source.with_name("new.csv")
    frame.to_csv(new, index=False)
    predicted = predict(run, new, tmp_path / "out.csv")
    printed = capsys.readouterr().out
    assert "The table has no column 'note' (is it 'Note'?)" in printed
    assert "1 columns are not the model's and are not read: 'Note'" in printed
    assert "1 cells of 'weight' are no finite numbers, such as 'heavy' in row 3" in printed
    assert "1 cells of 'colour' are categories that were not seen in training" in printed
    assert "'green'" in printed
    assert predicted["status"][0] == "note missing; colour not seen in training: 'green'"
    assert predicted["status"][2] == "note missing; weight is no finite number: 'heavy'"
    assert predicted["status"][4] == "note missing; weight missing"
    assert pd.isna(predicted["prediction"][1])
    assert predicted["status"][1] == "Photo File missing; note missing; table missing"


def test_no_cell_is_a_formula_to_a_spreadsheet(trained, tmp_path):
    source, run = trained
    frame = pd.read_csv(source, dtype={"code": str}).head(4)
    frame["code"] = ["=cmd()", "@x", "-5", "b-"]
    frame.to_csv(source, index=False)
    guarded = predict(run, source, tmp_path / "out.csv")["code"].tolist()
    assert guarded == ["'=cmd()", "'@x", "-5", "b-"]
    raw = tmp_path / "raw.csv"
    assert cli.main(["predict", str(run), str(source), "--raw", "--output", str(raw)]) == 0
    assert pd.read_csv(raw)["code"].tolist() == frame["code"].tolist()


def test_a_table_of_nothing_known_is_refused(trained, tmp_path, capsys):
    source, run = trained
    stranger = source.with_name("stranger.csv")
    pd.DataFrame({"code": ["a"], "other": [1]}).to_csv(stranger, index=False)
    out = tmp_path / "out.csv"
    assert cli.main(["predict", str(run), str(stranger), "--output", str(out)]) == 2
    assert "must have columns that the model knows" in capsys.readouterr().err
    assert not out.exists()


def test_rows_of_which_nothing_can_be_read(trained, tmp_path, capsys):
    source, run = trained
    empty = source.with_name("empty.csv")
    frame = pd.read_csv(source).head(2).assign(note=None, weight=None, colour=None)
    frame["Photo File"] = "nowhere.png"
    frame.to_csv(empty, index=False)
    predicted = predict(run, empty, tmp_path / "out.csv")
    assert predicted["prediction"].isna().all()
    assert (predicted["status"] != "ok").all()
    printed = capsys.readouterr().out
    assert "can be read: Photo File of row 1 is 'nowhere.png', which is not there; are" in printed
    frame.assign(weight=3.0).to_csv(empty, index=False)
    predict(run, empty, tmp_path / "out2.csv")
    printed = capsys.readouterr().out
    assert "Photo File cannot be read in 2 rows, such as row 1: 'nowhere.png'" in printed
    assert "`--directory` says another folder" in printed


def test_the_page_says_how_to_serve_it(trained, tmp_path, monkeypatch):
    source, run = trained
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").symlink_to(run)
    (tmp_path / "photos").symlink_to(source.parent / "photos")
    names = run_code_blocks("docs/command_line.md", at_least=1)
    probabilities = names["answer"]["probabilities"].numpy()
    frame = pd.DataFrame(
        {
            "code": ["a", "b"],
            "Photo File": ["photos/0.png", None],
            "note": ["it purrs in house 3", None],
            "weight": [4.2, None],
            "colour": ["black", "white"],
        }
    )
    frame.to_csv(source.with_name("two.csv"), index=False)
    predicted = predict(run, source.with_name("two.csv"), tmp_path / "out.csv")
    expected = predicted[["probability_cat", "probability_dog"]].to_numpy()
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda run: (run / "model.keras").unlink(), "without model.keras"),
        (
            lambda run: (run / "model.keras").write_bytes(b"PK"),
            "model.keras', which is cut off or no model; copy it anew",
        ),
        (
            lambda run: (run / "columns.json").write_text('{"task": '),
            "`DIR` must be a folder whose files are whole.*columns.json', which holds no JSON",
        ),
        (
            lambda run: (run / "config.json").write_text(
                json.dumps({**json.loads((run / "config.json").read_text()), "version": 99})
            ),
            "has version 99.*Install a newer keras_multimodal",
        ),
    ],
)
def test_a_folder_that_cannot_be_used_is_named(trained, tmp_path, capsys, change, message):
    import re

    source, run = trained
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    change(copy)
    assert cli.main(["predict", str(copy), str(source), "--output", str(tmp_path / "o.csv")]) == 2
    assert re.search(message, capsys.readouterr().err)


def test_an_output_is_not_replaced_by_mistake(trained, tmp_path, capsys):
    source, run = trained
    out = tmp_path / "out.csv"
    out.write_text("mine")
    assert cli.main(["predict", str(run), str(source), "--output", str(out)]) == 2
    assert "must be new, or come with `--overwrite`" in capsys.readouterr().err
    assert out.read_text() == "mine"
    assert cli.main(["predict", str(run), str(source), "--output", str(out), "--overwrite"]) == 0
    assert cli.main(["predict", str(run), str(source), "--output", str(tmp_path / "o.xls")]) == 2
    assert "must end in one of" in capsys.readouterr().err


def test_confined_to_a_folder_nothing_outside_is_read(trained, tmp_path):
    source, run = trained
    frame = pd.read_csv(source, dtype={"code": str})[:2]
    frame["Photo File"] = ["photos/0.png", "../pets/photos/1.png"]
    frame.to_csv(source.with_name("two.csv"), index=False)
    folder = shutil.copytree(source.parent, tmp_path / "other")
    arguments = ["predict", str(run), str(folder / "two.csv"), "--confine"]
    assert cli.main([*arguments, "--output", str(tmp_path / "out.csv")]) == 0
    status = pd.read_csv(tmp_path / "out.csv")["status"]
    assert status[0] == "ok"
    assert "'../pets/photos/1.png' leads out of" in status[1]
