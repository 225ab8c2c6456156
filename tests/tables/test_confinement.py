"""Files outside of a folder are not read where the table is confined to it."""

import os
import pathlib

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from scipy.io import wavfile

from keras_multimodal import data, experiment, tables
from keras_multimodal.commands.parser import make_parser
from keras_multimodal.schema import ColumnKind
from keras_multimodal.tables.columns import make_columns
from keras_multimodal.tables.repeats import find_repeats

ENDINGS = {"image": "png", "audio": "wav", "sensor": "csv"}
INSIDE = ["in", "deep/in", "deep/../in", "link_inside"]
OUTSIDE = ["../out", "deep/../../out", "link_out", "folder_out/out", "{root}/out", "../files2/out"]


def write(kind, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "image":
        tf.io.write_file(str(path), tf.io.encode_png(np.zeros((4, 4, 3), "uint8")))
    elif kind == "audio":
        wavfile.write(path, 8000, np.zeros(800, "int16"))
    else:
        path.write_text("x\n1\n2\n")


@pytest.fixture
def source(kind, tmp_path):
    """A table of names that lead into its folder, and of names that lead out of it."""
    files, ending = tmp_path / "files", ENDINGS[kind]
    places = (files / "in", files / "deep" / "in", tmp_path / "out", tmp_path / "files2" / "out")
    for place in places:
        write(kind, place.with_suffix(f".{ending}"))
    (files / f"link_inside.{ending}").symlink_to(f"in.{ending}")
    (files / f"link_out.{ending}").symlink_to(f"../out.{ending}")
    (files / "folder_out").symlink_to("..", target_is_directory=True)
    names = [name.format(root=tmp_path) for name in INSIDE + OUTSIDE]
    frame = pd.DataFrame({"file": [f"{name}.{ending}" for name in names]})
    frame.to_csv(files / "table.csv", index=False)
    return files / "table.csv"


@pytest.mark.parametrize("kind", ENDINGS)
def test_names_and_links_that_lead_out_are_not_read(kind, source):
    options = tables.TableOptions(duration=0.1, image_size=8)
    kinds = [ColumnKind("file", kind, "as you say")]
    rows = range(1, len(INSIDE + OUTSIDE) + 1)
    (column,) = make_columns(tables.read(source), kinds, options)
    assert column.present.all()
    confined = tables.read(source, confine=True)
    (column,) = make_columns(confined, kinds, options)
    records = data.pair(column, on_missing="mask", on_error="mask")
    assert records.keys == list(rows[: len(INSIDE)])
    reasons = records.report.unreadable["file"]
    assert list(reasons) == list(rows[len(INSIDE) :])
    out = f"'../out.{ENDINGS[kind]}' leads out of '{source.parent}', to which `confine` holds"
    assert reasons[len(INSIDE) + 1] == out
    # What is outside is not even compared.
    alike = find_repeats(tables.read(source), kinds, options).rows
    assert set(alike) == set(rows[1:])
    assert set(find_repeats(confined, kinds, options).rows) == set(rows[1 : len(INSIDE)])


@pytest.mark.parametrize("kind", ["image"])
def test_the_option_confines_a_table_that_was_read_without(kind, source, tmp_path):
    options = tables.TableOptions(confine=True, image=("file",), image_size=8)
    found = experiment.describe(tables.read(source), options)
    assert len(found.rows.report.unreadable["file"]) == len(OUTSIDE)
    (tmp_path / "empty").mkdir()
    elsewhere = tables.read(source, tmp_path / "empty")
    with pytest.raises(ValueError, match=r"says another folder, and `confine` holds to .*empty'"):
        experiment.describe(elsewhere, options)


def test_what_leads_nowhere_is_outside(tmp_path):
    (tmp_path / "circle").symlink_to("circle")
    os.mkdir(tmp_path / "files")
    frame = pd.DataFrame({"file": ["in.png"]})
    table = tables.Table.from_dataframe(frame, tmp_path / "files")
    names = {"in.png": False, "../circle": True, "x\0y": True, "": False, "../files": False}
    assert not any(map(table.is_outside, names))
    assert {name: table.confined().is_outside(name) for name in names} == names


@pytest.mark.parametrize("kind", ["image", "audio"])
def test_a_path_is_a_name_as_well(tmp_path, kind):
    frame = pd.DataFrame({"file": [pathlib.Path("../out.png"), pathlib.Path("in.png")]})
    table = tables.Table.from_dataframe(frame, tmp_path).confined()
    (column,) = make_columns(table, [ColumnKind("file", kind, "")], tables.TableOptions())
    assert column.present.tolist() == [False, True]
    assert list(column.unreadable) == [1]


def test_every_command_that_reads_a_table_takes_it():
    for command in ("train t.csv", "describe t.csv", "evaluate run t.csv", "predict run t.csv"):
        words = [*command.split(), "--confine", "--output", "o"]
        assert make_parser().parse_args(words).confine is True
