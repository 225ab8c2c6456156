"""A path is a file wherever a maker of columns takes rows, and never a list of its letters."""

import pathlib

import numpy as np
import pandas as pd
import pytest

from keras_multimodal.data import (
    ImageStream,
    SensorProcessor,
    TableProcessor,
    TextProcessor,
    pair,
)

LINES = "a red cat\n\nein großer Hund\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("as_path", [str, pathlib.Path])
@pytest.mark.parametrize("content", [LINES.encode(), b"\xef\xbb\xbf" + LINES.encode()])
@pytest.mark.parametrize("name", ["text_data.txt", "TEXTS.TXT"])
def test_each_line_of_a_text_file_is_a_text(as_path, content, name):
    pathlib.Path(name).write_bytes(content.replace(b"\n", b"\r\n"))
    column = TextProcessor(length=3).load_data(as_path(name))
    assert column.keys == [0, 1, 2]
    assert column.cells.tolist() == ["a red cat", "", "ein großer Hund"]
    assert column.source == f"file '{name}'"


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet", "jsonl"])
def test_texts_of_a_table_are_in_a_column(ending):
    frame = pd.DataFrame({"id": ["007", "008"], "title": ["cat", "dog"], "note": ["red", None]})
    path = f"texts.{ending}"
    if ending == "parquet":
        frame.to_parquet(path)
    elif ending == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False, sep="\t" if ending == "tsv" else ",")
    column = TextProcessor().load_data(path, ["title", "note"], key="id", name="words")
    assert column.keys == ["007", "008"]
    assert column.cells.tolist() == ["cat red", "dog"]
    assert column.spec.name == "words"
    assert TextProcessor().load_data(path, column="title").keys == [0, 1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("a red cat",), "'a red cat', which is no file. One text is a list of one"),
        (("no.txt",), "'no.txt', which is no file"),
        (("texts.csv",), r"`column` must name the column of texts in 'texts\.csv'.*\['title'\]"),
        (("texts.csv", "titel"), "`column` must name a column of the frame"),
        (("texts.xls", "title"), r"`data` must end in one of \['\.csv'"),
        (("lines.txt", "title"), "`data` must be the path of a table where `column`"),
        ((["a", "b"], "title"), "`data` must be the path of a table where `column`"),
        (("dos.txt",), r"`encoding` must be given for 'dos\.txt', which is no UTF-8"),
        (("empty.txt",), "no rows in file 'empty.txt'"),
        ((b"lines.txt",), r"`data` must be values by key.*b'lines\.txt', a bytes"),
        (({"a", "b"},), "`data` must be values by key.*a set"),
    ],
)
def test_what_is_no_file_of_texts_is_refused(given, message):
    pathlib.Path("texts.csv").write_text("title\ncat\n", "utf-8")
    pathlib.Path("texts.xls").write_bytes(b"\0")
    pathlib.Path("lines.txt").write_text(LINES, "utf-8")
    pathlib.Path("dos.txt").write_text("a\nfür\n", "cp850")
    pathlib.Path("empty.txt").write_text("\n")
    with pytest.raises((TypeError, ValueError), match=message):
        TextProcessor().load_data(*given)


def test_every_maker_takes_a_table_in_a_file():
    pathlib.Path("rows.csv").write_text("id,file,word,size\n01,a.x,cat,1\n02,,dog,2\n", "utf-8")
    pathlib.Path("walk.csv").write_text("x,y\n1,2\n3,4\n", "utf-8")
    pathlib.Path("walks.csv").write_text("id,file\n01,walk.csv\n02,\n", "utf-8")
    pathlib.Path("steps.csv").write_text("walk,x\n01,1\n01,2\n02,3\n", "utf-8")
    options = {"key": "id", "validate_filenames": False}
    path = pathlib.Path("rows.csv")
    columns = [
        ImageStream().from_dataframe("rows.csv", "file", **options),
        ImageStream().flow_from_dataframe(path, x_col="file", class_mode=None, **options),
        *ImageStream().flows_from_dataframe(path, ["file"], **options),
        TextProcessor().from_dataframe("rows.csv", "word", key="id"),
        TableProcessor().from_dataframe(path, "size", key="id"),
        SensorProcessor().from_dataframe("walks.csv", "file", key="id"),
        SensorProcessor().load_table("steps.csv", "walk", "x"),
    ]
    assert [column.keys for column in columns] == [["01", "02"]] * 7


@pytest.mark.parametrize(
    ("refused", "argument"),
    [
        (lambda column: SensorProcessor().load_arrays("walk.csv"), "data"),
        (lambda column: ImageStream().flow(np.zeros((2, 4, 4, 3)), keys="ab"), "keys"),
        (lambda column: ImageStream().flow(np.zeros((2, 4, 4, 3)), y="ab"), "y"),
        (lambda column: pair(column, labels=pathlib.Path("labels.csv")), "labels"),
        (lambda column: pair(column, values="12"), "values"),
        (lambda column: pair(column, sample_weight="12"), "sample_weight"),
    ],
)
def test_letters_are_no_rows(refused, argument):
    column = TextProcessor(length=2).load_data(["a", "b"])
    with pytest.raises(TypeError, match=f"`{argument}` must be values by key, or a list"):
        refused(column)


def test_a_vocabulary_is_no_file():
    with pytest.raises(TypeError, match="`vocabulary` must be a list of tokens"):
        TextProcessor(vocabulary=pathlib.Path("words.txt"))


def test_what_cannot_be_read_is_said_of_the_argument():
    with pytest.raises(FileNotFoundError, match=r"`dataframe` must be a file. Received: 'no\.csv'"):
        TableProcessor().from_dataframe("no.csv")
    pathlib.Path("rows.csv").write_text("a\n1\n", "utf-8")
    with pytest.raises(ValueError, match=r"`key` must name a column of 'rows\.csv'"):
        TableProcessor().from_dataframe("rows.csv", key="id")


def test_one_channel_may_be_one_string():
    column = SensorProcessor().load_arrays([np.zeros((3, 1))], channels="speed")
    assert column.spec.channels == ("speed",)


def test_cells_of_a_file_are_read_as_they_are_written():
    pathlib.Path("0001").write_bytes(b"x")
    pathlib.Path("t.csv").write_text(
        'photo,note,code,price\n0001,1.50,01,"1,50"\n0001,2.0,02,"2,25"\n'
    )
    assert TextProcessor().from_dataframe("t.csv", "note").cells.tolist() == ["1.50", "2.0"]
    assert TextProcessor().load_data("t.csv", column="code").cells.tolist() == ["01", "02"]
    assert ImageStream().from_dataframe("t.csv", "photo").cells.tolist() == ["0001", "0001"]
    both = ImageStream().flows_from_dataframe("t.csv", ["photo", "photo"])
    assert both[1].cells.tolist() == ["0001", "0001"]
    table = TableProcessor().from_dataframe("t.csv", ["note", "code", "price"])
    assert table.spec.numeric == ("note", "price")
    assert table.numbers.tolist() == [[1.5, 1.5], [2, 2.25]]
    assert table.strings.tolist() == [["01"], ["02"]]
    pathlib.Path("t.jsonl").write_text('{"x": 1, "y": true}\n{"x": 2.5, "y": false}\n')
    table = TableProcessor().from_dataframe("t.jsonl")
    assert (table.spec.numeric, table.spec.categorical) == (("x",), ("y",))


@pytest.mark.parametrize("codes", [["01", "02", "A"], ["1.50", "2.50", "x"], [2**53 + 1, "x", "y"]])
def test_codes_of_another_file_are_those_of_training(codes):
    pd.DataFrame({"v": codes * 4, "x": range(12)}).to_csv("t.csv", index=False)
    trained = pair(TableProcessor().from_dataframe("t.csv")).adapt()
    pathlib.Path("n.csv").write_text(f"v,x\n{codes[0]},1\n")
    new = pair(TableProcessor().from_dataframe("n.csv"), schema=trained.schema)
    assert new.columns[0].strings.tolist() == [[str(codes[0])]]
    assert new.columns[0].take([0, 1], np.array([0, -1])).strings.tolist() == [
        [str(codes[0])],
        [""],
    ]
