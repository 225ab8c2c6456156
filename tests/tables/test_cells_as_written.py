"""A cell means the same whatever stands beside it, in the training table and in later ones."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from keras_multimodal import tables
from keras_multimodal.errors import ArgumentError
from keras_multimodal.experiment.evaluation import _with_target
from keras_multimodal.experiment.known_rows import known_rows
from keras_multimodal.experiment.trained_model import TrainedModel
from keras_multimodal.schema import ColumnKind
from keras_multimodal.schema.class_names import known_name
from keras_multimodal.schema.column_kind import class_name
from keras_multimodal.tables import TableOptions
from keras_multimodal.tables.cells import tabular_cells
from keras_multimodal.tables.columns import make_columns

ROWS = 24


def table_of(folder, name, **columns):
    """A table in a file."""
    pd.DataFrame(columns).to_csv(folder / name, index=False)
    return tables.read(folder / name)


def learned(table, options, folder):
    """What a run has learned of a table, without a model."""
    prepared = tables.prepare(table, options)
    found, schema = prepared.columns, prepared.parts.records["training"].schema
    return TrainedModel(
        options=options,
        task=found.task.name,
        target=found.task.column,
        kinds=found.kinds,
        names=table.names,
        schema=schema,
        table_sha256=table.sha256,
        model=None,
        directory=folder,
        target_writing=found.task.writing,
    )


@pytest.mark.parametrize(
    ("seen", "new"),
    [
        (["01", "02", "A"], ["01", "02"]),
        (["true", "false", "unknown"], ["true"]),
        (["1.0", "2.0", "x"], ["1.0", "2.0"]),
        (["1.0", "2.0", "x"], ["1", "2"]),  # a file that had gaps, and one that had none
        (["1.50", "2.50", "x"], ["1.50"]),
        (["9007199254740993", "x", "y"], ["9007199254740993", ""]),
        (["007", "089", "123"], ["123"]),
        (["1e3", "1000", "x"], ["1e3"]),
    ],
)
def test_a_category_of_training_is_known(tmp_path, seen, new):
    cells = [seen[row % 3] for row in range(ROWS)]
    label = ["a", "b"] * (ROWS // 2)
    options = TableOptions(target="ok")
    table = table_of(tmp_path, "t.csv", v=cells, x=range(ROWS), ok=label)
    run = learned(table, options, tmp_path)
    assert [each.kind for each in run.kinds] == ["category", "number"]
    assert set(run.schema["table"].categories[0]) == set(seen)
    rows = known_rows(run, table_of(tmp_path, "n.csv", v=new, x=[1.0] * len(new)))
    assert rows.unseen == {}
    assert rows.status == ["ok" if cell else "v missing" for cell in new]
    # The first row of the training table says what it says among the others.
    alone = known_rows(run, table.rows(table.frame.index == 1)).records
    first, batch = (
        next(iter(each.batch(ROWS))) for each in (alone, known_rows(run, table).records)
    )
    for name, tensor in first.items():
        np.testing.assert_array_equal(tensor[0], batch[name][0])


@pytest.mark.parametrize(
    ("cell", "names", "name"),
    [
        ("1", {"1.0", "2.0"}, "1.0"),
        ("1.50", {"1.5"}, "1.5"),
        ("1", {"01", "02"}, "1"),  # text says that it is another
        (1, {"01", "02"}, "01"),  # a number has lost its zeros
        (1, {"01", "001"}, "1"),
        (2.0, {"2"}, "2"),
        (True, {"true", "false"}, "true"),
        ("True", {"true", "false"}, "true"),
        (np.True_, {"true"}, "true"),
        (9007199254740993, {"9007199254740993"}, "9007199254740993"),
        ("red", {"Red"}, "red"),
        (b"red", {"red"}, "red"),
    ],
)
def test_the_name_by_which_a_class_is_known(cell, names, name):
    assert known_name(cell, frozenset(names)) == name


def test_numbers_are_read_as_training_wrote_them(tmp_path):
    options = TableOptions(target="ok")
    prices = [f"{row}.{row:03d},50 €" for row in range(1, ROWS + 1)]
    table = table_of(tmp_path, "t.csv", price=prices, ok=["a", "b"] * (ROWS // 2))
    run = learned(table, options, tmp_path)
    assert tabular_cells(table, run.kinds)["price"].tolist()[:2] == [1001.5, 2002.5]
    rows = known_rows(run, table_of(tmp_path, "n.csv", price=["1.234 €", "3.5", "7 $", "12"]))
    assert rows.wrong_numbers == {"price": {2: "3.5", 3: "7 $"}}


def test_a_target_of_numbers_is_read_as_training_wrote_it(tmp_path):
    price = [f"{row},25 €" for row in range(ROWS)]
    table = table_of(tmp_path, "t.csv", x=range(ROWS), price=price)
    options = TableOptions(target="price")
    run = learned(table, options, tmp_path)
    assert run.task == "regression"
    _, pairing = _with_target(run, table_of(tmp_path, "n.csv", x=[1], price=["1.234 €"]))
    assert pairing["values"].tolist() == [1234]
    table = table_of(
        tmp_path, "t.csv", x=range(ROWS), price=[f"1,{row:03d}" for row in range(ROWS)]
    )
    with pytest.raises(ArgumentError, match=r"`target` must have numbers.*'price' with .*'1,000'"):
        tables.examine(table, options)
    task = tables.examine(table, dataclasses.replace(options, decimal=".")).task
    assert task.pairing["values"].tolist()[1] == 1001
    x, price = [f"{row},5" for row in range(ROWS)], [f"1.{row:03d}" for row in range(ROWS)]
    table = table_of(tmp_path, "t.csv", x=x, price=price)
    with pytest.raises(ArgumentError, match=r"'1\.000', which may be 1000 where 'x' has decimal"):
        tables.examine(table, options)
    task = tables.examine(table, dataclasses.replace(options, decimal=",")).task
    assert task.pairing["values"].tolist()[1] == 1001


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        (["0.0", "1.0", ""], {"0", "1"}),  # as pandas writes whole numbers with gaps
        (["01", "02", "01"], {"01", "02"}),
        (["true", "false", "true"], {"true", "false"}),
        (["1.5", "x", "1.50"], {"1.5", "x", "1.50"}),
    ],
)
def test_classes_are_called_as_they_are_written(tmp_path, cells, classes):
    table = table_of(tmp_path, "t.csv", x=range(ROWS), ok=[cells[row % 3] for row in range(ROWS)])
    run = learned(table, TableOptions(target="ok"), tmp_path)
    assert set(run.schema.target.classes) == classes
    _, pairing = _with_target(run, table)
    assert set(pairing["labels"]) == classes


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_files_that_keep_types_have_those_of_each_cell(tmp_path, ending):
    frame = pd.DataFrame({"x": [1.5, 2.5, 3.5]})
    frame["v"] = pd.array([9007199254740993, None, 2], "Int64")
    frame["flag"] = pd.array([True, None, False], "boolean")
    file = tmp_path / f"n.{ending}"
    if ending == "parquet":
        frame.to_parquet(file)
    else:
        file.write_text(
            '{"v": 9007199254740993, "flag": true, "x": 1.5}\n{"v": null, "x": 1.5}\n'
            '{"v": 2, "flag": false, "x": 1.5}\n'
        )
    kinds = [ColumnKind(name, "category", "") for name in ("v", "flag")]
    cells = tabular_cells(tables.read(file), kinds)
    assert cells.isna().to_numpy().tolist() == [[False, False], [True, True], [False, False]]
    assert [class_name(cell) for cell in cells["v"].dropna()] == ["9007199254740993", "2"]
    assert [class_name(cell) for cell in cells["flag"].dropna()] == ["True", "False"]


def test_texts_and_file_names_of_digits_stay_as_they_are(tmp_path):
    table = table_of(tmp_path, "t.csv", note=["0123", "1.50"] * 12, photo=["0001", "0002"] * 12)
    options = TableOptions(text=("note",), image=("photo",))
    columns = make_columns(table, tables.examine(table, options).kinds, options)
    by_name = {column.spec.name: column.cells.tolist() for column in columns}
    assert by_name["note"][:2] == ["0123", "1.50"]
    assert [name.rsplit("/", 1)[-1] for name in by_name["photo"][:2]] == ["0001", "0002"]


def test_a_series_of_chinese_sentences_is_cut_by_script(tmp_path, rng):
    words = ["这个产品", "质量", "很好", "非常差", "快递", "太慢", "喜欢", "退货", "包装", "漂亮"]
    table = table_of(
        tmp_path,
        "t.csv",
        review=["".join(rng.choice(words, 6)) for _ in range(40)],
        ok=["yes", "no"] * 20,
    )
    prepared = tables.prepare(table, TableOptions(target="ok"))
    spec = prepared.parts.records["training"].schema["review"]
    assert (spec.kind, spec.split) == ("text", "script")
    assert spec.length >= 12
    ids = next(iter(prepared.parts.records["test"].batch(8)))[0]["review"].numpy()
    assert (ids[ids > 0] == 1).mean() < 0.2  # words of which none is known are 1
    written = tables.examine(table, TableOptions(target="review", task="generation"))
    assert written.task.pairing["captions"].spec.split == "character"
