"""Tables are read as they are, or the file and the line are named."""

import csv

import pandas as pd
import pytest

from keras_multimodal.data import read_table

FRAME = pd.DataFrame({"id": ["007", "008", "009"], "name": ["Rex", "NA", None], "age": [3, 4, 5]})


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet", "jsonl"])
def test_every_format_gives_the_same_frame(tmp_path, ending):
    path = tmp_path / f"table.{ending}"
    if ending == "parquet":
        FRAME.to_parquet(path)
    elif ending == "jsonl":
        FRAME.to_json(path, orient="records", lines=True)
    else:
        FRAME.to_csv(path, index=False, sep="\t" if ending == "tsv" else ",")
    found = read_table(path, key="id")
    assert found.index.tolist() == ["007", "008", "009"]
    assert found["name"].isna().tolist() == [False, False, True]
    assert found["name"].tolist()[:2] == ["Rex", "NA"]
    assert found["age"].tolist() == [3, 4, 5]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"a,b\n1,2\n1,2,3\n", r"t\.csv' cannot be read: .*line 3"),
        ("t.csv", b"id,b,c\n1,2,3\n\n4,\n", r"t\.csv' must have 3 cells.*2 in line 4"),
        ("t.tsv", b"id\tb\tc\n1\t2,3\n", r"t\.tsv' must have 3 cells.*2 in line 2"),
        ("t.csv", b"id,b\n1,2,3\n4,5,6\n", r"t\.csv' must have 2 cells.*3 in line 2"),
        ("t.csv", b"id,b\n1,2,3\n4,5\n", r"t\.csv' must have 2 cells.*3 in line 2"),
        ("t.csv", b"", r"t\.csv' cannot be read"),
        ("t.csv", b"a,b\n", r"t\.csv' must have at least one row"),
        ("t.csv", b"a\n\xff\xfe\n", r"`encoding` must be given for .*t\.csv"),
        ("t.csv", b"a,b\n1,2\n1,2,3\n", r"stands in double quotes"),
        ("t.csv", b"id;b\n1;2,5\n3\n", r"t\.csv' must have 2 cells.*1 in line 3"),
        ("t.csv", b"a\n1\n", r"`key` must name a column of .*t\.csv'.*'a'.*'id'"),
        ("t.jsonl", b'{"a": 1}\n{"a": \n', r"t\.jsonl' cannot be read"),
        ("t.xlsx", b"", r"`path` must end in one of"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_table(tmp_path / name, key="id")


def test_empty_cells_and_blank_lines_make_no_row_short(tmp_path):
    path = tmp_path / "t.csv"
    long = "x" * 200_000  # longer than Python's csv reads unless told
    path.write_text(f'\ufeffid,b,c\n1,"two\nlines, ""quoted""",\n \n\n2,{long},\n', "utf-8")
    limit = csv.field_size_limit()
    frame = read_table(path, key="id")
    assert frame["b"].tolist() == ['two\nlines, "quoted"', long]
    assert frame["c"].isna().all()
    assert csv.field_size_limit() == limit


def test_cells_may_stand_between_semicolons(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id;b\n1;one, two\n2;\n")
    assert read_table(path, key="id")["b"].tolist()[0] == "one, two"
    path.write_text("id;b,c\n1,2\n")
    assert read_table(path).columns.tolist() == ["id;b", "c"]
    path.write_text("id|b\n1|2\n")
    assert read_table(path, delimiter="|").columns.tolist() == ["id", "b"]


def test_options_may_allow_for_rows_of_other_lengths(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2,\n3,4,\n")
    assert read_table(path, index_col=False)["a"].tolist() == [1, 3]
    path.write_text("a,b\n# only a remark\n3,4\n5\n")
    assert read_table(path, comment="#")["b"].isna().tolist() == [False, True]


def test_rows_longer_than_the_names_are_refused_with_options_too(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n7,2,3\n9,5,6\n")
    with pytest.raises(ValueError, match=r"2 names and rows of more cells.*`index_col`"):
        read_table(path, dtype=str)
    assert read_table(path, index_col=0)["a"].tolist() == [2, 5]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        read_table(tmp_path / "nowhere.csv")


def test_tabs_separate_where_the_names_have_nothing_else(tmp_path):
    path = tmp_path / "tabs.csv"
    path.write_text("id\tb\n1\tone; two\n")
    assert read_table(path)["b"].tolist() == ["one; two"]


CELLS = "id,v,w\n01,1.50,true\n02,9007199254740993,\n03,A,1.0\n"


def test_cells_may_stay_as_they_are_written(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(CELLS)
    frame = read_table(path, as_text=True)
    assert frame["id"].tolist() == ["01", "02", "03"]
    assert frame["v"].tolist() == ["1.50", "9007199254740993", "A"]
    assert frame["w"].isna().tolist() == [False, True, False]
    frame = read_table(path, key="id", as_text=["w"])
    assert frame.index.tolist() == ["01", "02", "03"]
    assert frame["w"].tolist()[::2] == ["true", "1.0"]
    path.write_text("id,v,w\n1,2,3\n4,5\n")
    with pytest.raises(ValueError, match="2 in line 3"):
        read_table(path, as_text=True)


def test_a_gap_makes_no_whole_number_a_fraction(tmp_path):
    frame = pd.DataFrame({"v": pd.array([2**53 + 1, None], "Int64"), "x": [1, 2]})
    frame.to_parquet(tmp_path / "t.parquet")
    (tmp_path / "t.jsonl").write_text(
        f'\ufeff{{"v": {2**53 + 1}, "x": 1}}\n\n{{"x": 2}}\n', "utf-8"
    )
    for name in ("t.parquet", "t.jsonl"):
        found = read_table(tmp_path / name, as_text=True)
        assert found["v"].tolist()[0] == 2**53 + 1
        assert found["v"].isna().tolist() == [False, True]
        assert found["x"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"a": ', r"line 2 holds no JSON \(Expecting value\)"),
        ("[1]", r"line 2 must hold cells by"),
    ],
)
def test_a_line_that_holds_no_cells_is_named(tmp_path, line, message):
    (tmp_path / "t.jsonl").write_text('{"a": 1}\n' + line)
    with pytest.raises(ValueError, match=message):
        read_table(tmp_path / "t.jsonl", as_text=True)
