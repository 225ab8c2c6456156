"""Tables are read as they are, or the file and the line are named."""

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
        ("t.csv", b"", r"t\.csv' cannot be read"),
        ("t.csv", b"a,b\n", r"t\.csv' must have at least one row"),
        ("t.csv", b"a\n\xff\xfe\n", r"t\.csv' cannot be read: 'utf-8'"),
        ("t.csv", b"a\n1\n", r"`key` must name a column of .*t\.csv'.*\['a'\].*'id'"),
        ("t.jsonl", b'{"a": 1}\n{"a": \n', r"t\.jsonl' cannot be read"),
        ("t.xlsx", b"", r"`path` must end in one of"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_table(tmp_path / name, key="id")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        read_table(tmp_path / "nowhere.csv")
