"""docs/fusion.md: its code runs as printed, and its tables have every fusion."""

import functools
import re

import keras
import numpy as np
import pytest
from code_blocks import ROOT, run_code_blocks

from keras_multimodal.layers import AnchoredFusion, fusion

PAGE = "docs/fusion.md"


def tables():
    """The rows, as lists of cells, of the tables whose first column is `name`."""
    found = []
    for header, rows in re.findall(
        r"^(\| name .*)\n\|[-|]*\n((?:\|.*\n)*)", (ROOT / PAGE).read_text(), re.M
    ):
        columns = len(header.split("|"))
        cells = [[cell.strip().strip("`") for cell in row.split("|")] for row in rows.splitlines()]
        assert all(len(row) == columns for row in cells)
        found.append([row[1:-1] for row in cells])
    return found


def test_the_models_run_as_printed_and_see_nothing_of_what_is_absent(monkeypatch):
    # Compiling the models for a step each takes a minute; that layers compile is tested elsewhere.
    eager = functools.partialmethod(keras.Model.compile, run_eagerly=True)
    monkeypatch.setattr(keras.Model, "compile", eager)
    keras.utils.set_random_seed(0)
    names = run_code_blocks(PAGE)
    rows = names["rows"]
    has_image, has_text = rows["image_present"], rows["text_present"]
    blank = {
        **rows,
        "image": np.where(has_image[:, None, None, None], rows["image"], np.float32(np.nan)),
        "text": np.where(has_text[:, None], rows["text"], 7),
    }
    for model in ("early", "intermediate", "bottleneck", "late"):
        answers = keras.ops.convert_to_numpy(names[model](rows))
        assert answers.shape == (8, 3)
        np.testing.assert_allclose(names[model](blank), answers, rtol=1e-5, atol=1e-6)
        # Rows that have something are told apart.
        assert np.ptp(answers[:7], axis=0).max() > 1e-3
    for model in ("early", "intermediate", "late"):
        assert np.isfinite(names[model].history.history["loss"]).all()


def test_the_tables_have_every_fusion_by_its_name():
    classes, ideas = tables()
    assert tuple(row[0] for row in classes) == fusion.names()
    assert tuple(row[0] for row in ideas) == fusion.names()


@pytest.mark.parametrize("row", tables()[0], ids=lambda row: row[0])
def test_the_table_has_the_class_of_each_name(row):
    layer = fusion.get(row[0])
    layer = layer.layer if isinstance(layer, AnchoredFusion) else layer
    assert type(layer).__name__ == row[1]


def test_the_pictures_are_there():
    pictures = re.findall(r"\]\((\w+\.svg)\)", (ROOT / PAGE).read_text())
    assert len(pictures) == 3
    assert all((ROOT / "docs" / picture).is_file() for picture in pictures)


def results(task):
    """Accuracies by fusion, as the benchmark printed them."""
    text = (ROOT / "benchmarks/results/fusion_accuracy.txt").read_text()
    table = text.split(f"{task}: ")[1].split("\n\n")[0]
    return dict(re.findall(r"^(.*?) +(\d\.\d{3})", table, re.M))


def test_the_figures_are_those_of_the_benchmarks():
    page = (ROOT / PAGE).read_text()
    icons, digits = results("open_moji"), results("av_digits")
    found = re.findall(r"^\| (`.*`) \| (0\.\d{3}) \| (0\.\d{3}) \|", page, re.M)
    names = [re.sub('[`",]', "", name) for name, _, _ in found]
    modes = ("mean", "product", "learned", "confidence")
    assert names == [
        *(name for name in fusion.names() if name != "logits"),
        *(f"logits {mode}" for mode in modes),
    ]
    assert [(icons[name], digits[name]) for name in names] == [row[1:] for row in found]
    singles = [icons["image alone"], icons["text alone"], digits["audio alone"]]
    assert all(figure in page for figure in [*singles, digits["image alone"]])
    best = max(icons["image alone"], icons["text alone"]), digits["audio alone"]
    for name in names:
        assert float(icons[name]) > float(best[0])
        assert float(digits[name]) > float(best[1])
