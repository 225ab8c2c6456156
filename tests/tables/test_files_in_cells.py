"""What cells hold beside numbers and texts: files go to files, and the rest is named."""

import base64
import io
import json
import pathlib
import urllib.parse
import wave

import numpy as np
import pandas as pd
import pytest

from keras_multimodal import cli, experiment, tables
from keras_multimodal.data import ImageStream, TextProcessor
from keras_multimodal.data.sources.file_kinds import file_ending
from keras_multimodal.errors import ArgumentError
from keras_multimodal.schema import column_kinds
from keras_multimodal.tables.columns import make_columns
from keras_multimodal.tables.files_in_cells import bring_to_files

Image = pytest.importorskip("PIL.Image")
ROWS = 12


def png(rng):
    content = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (9, 8, 3), dtype="uint8")).save(content, "PNG")
    return content.getvalue()


def wav(rng):
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(rng.integers(-9, 9, 80, dtype="int16").tobytes())
    return content.getvalue()


def plain64(content):
    return base64.b64encode(content).decode()


# How a file may stand in a cell, and the tables that can hold it so.
FORMS = {
    "bytes": (bytes, ["parquet"]),
    "struct": (lambda content: {"bytes": content, "path": "x.png"}, ["parquet"]),
    "sound": (lambda content: {"path": None, "bytes": content, "sampling_rate": 8}, ["parquet"]),
    "json": (lambda content: {"bytes": plain64(content), "path": None}, ["jsonl"]),
    "base64": (plain64, ["parquet", "jsonl", "csv"]),
    "lines": (lambda content: base64.encodebytes(content).decode(), ["csv"]),
    "url": (lambda content: base64.urlsafe_b64encode(content).decode().rstrip("="), ["csv"]),
    "data": (lambda content: f"data:image/png;base64,{plain64(content)}", ["jsonl", "csv"]),
    "quoted": (lambda content: f"DATA:,{urllib.parse.quote_from_bytes(content)}", ["csv"]),
}


def write(frame, file):
    if file.suffix == ".parquet":
        frame.to_parquet(file)
    elif file.suffix == ".jsonl":
        frame.to_json(file, orient="records", lines=True)
    else:
        frame.to_csv(file, index=False)


@pytest.mark.parametrize(("make", "kind"), [(png, "image"), (wav, "audio")])
@pytest.mark.parametrize("form", FORMS)
def test_files_in_cells_go_to_files(form, make, kind, rng, tmp_path):
    pack, endings = FORMS[form]
    contents = [make(rng) for _ in range(ROWS)]
    frame = pd.DataFrame({"in it": [pack(each) for each in contents], "x": range(ROWS)})
    frame["in it"] = frame["in it"].astype(object).where(frame["x"] != 3, None)
    for ending in endings:
        write(frame, tmp_path / f"t.{ending}")
        home = tmp_path / ending
        table = tables.read(tmp_path / f"t.{ending}", files_directory=home, confine=True)
        (found,) = (each for each in table.frame if each != "x")
        cells = table.frame[found].tolist()
        assert cells[3] is None
        assert [pathlib.Path(cell).read_bytes() for cell in cells if cell] == [
            content for row, content in enumerate(contents) if row != 3
        ]
        assert cells[0] == str(home / "in_it" / f"1{file_ending(contents[0])}")
        assert not table.is_outside(cells[0])
        kinds = tables.examine(table, tables.TableOptions()).kinds
        assert [each.kind for each in kinds] == [kind, "number"]


def test_a_broken_file_in_a_cell_is_counted(rng, tmp_path, capsys):
    contents = [png(rng) for _ in range(ROWS)]
    contents[4] = b"\x89nothing"
    contents = [{"bytes": each, "path": None} for each in contents]
    frame = pd.DataFrame({"photo": contents, "ok": ["yes", "no"] * (ROWS // 2)})
    frame.to_parquet(tmp_path / "t.parquet")
    page = str(tmp_path / "page.html")
    assert cli.main(["describe", str(tmp_path / "t.parquet"), "--output", page]) == 0
    printed = capsys.readouterr().out
    assert "photo cannot be read in 1 rows, such as row 5: 'photo/5.bin' cannot be" in printed
    assert "1 files that cannot be read" in printed


def test_columns_of_any_name_have_a_folder_of_their_own(rng, tmp_path):
    names = ["..", "../a", "/b", "图片", "x" * 300, "x" * 301]
    frame = pd.DataFrame({name: [png(rng)] for name in names})
    found = bring_to_files(frame, tmp_path / "files", overwrite=False)
    folders = [pathlib.Path(cell).parent for cell in found.iloc[0]]
    assert {folder.parent for folder in folders} == {tmp_path / "files"}
    assert [folder.name for folder in folders[:4]] == ["_", "_a", "_b", "图片"]
    assert len(set(folders)) == len(names)
    assert [pathlib.Path(cell).read_bytes() for cell in found.iloc[0]] == frame.iloc[0].tolist()


def test_structs_without_bytes_name_files(tmp_path):
    structs = [{"bytes": None, "path": f"{row}.png"} for row in range(4)]
    frame = pd.DataFrame({"photo": [*structs, {"bytes": None, "path": None}]})
    table = tables.Table.from_dataframe(frame, files_directory=tmp_path / "files")
    assert table.frame["photo"].tolist() == ["0.png", "1.png", "2.png", "3.png", None]


def test_a_frame_is_known_by_what_was_in_its_cells(rng, tmp_path):
    frame = pd.DataFrame({"photo": [png(rng), png(rng)], "x": [1, 2]})
    home = tmp_path / "files"
    table = tables.Table.from_dataframe(frame, files_directory=home)
    assert table.sha256 == tables.Table.from_dataframe(frame).sha256
    assert isinstance(frame["photo"][0], bytes)
    with pytest.raises(ArgumentError, match="must be new or empty, or come with `overwrite=True`"):
        tables.Table.from_dataframe(frame, files_directory=home)
    frame["photo"] = frame["photo"][::-1].tolist()
    other = tables.Table.from_dataframe(frame, files_directory=home, overwrite=True)
    assert other.frame["photo"].tolist() == table.frame["photo"].tolist()
    assert other.sha256 != table.sha256
    (home / "records.json").unlink()
    with pytest.raises(ArgumentError, match=r"has no records\.json"):
        tables.Table.from_dataframe(frame, files_directory=home, overwrite=True)


def test_bytes_that_are_text_are_texts(tmp_path):
    mixed = pd.DataFrame({"x": pd.Series([b"a", np.zeros(2), b"\xff"], dtype=object)})
    assert tables.Table.from_dataframe(mixed).frame["x"][1] == b"a"
    notes = ["ein großer Hund".encode(), None, b"a cat", b"", b"a dog"]
    frame = pd.DataFrame({"note": pd.Series(notes, dtype=object)})
    table = tables.Table.from_dataframe(frame, files_directory=tmp_path / "none")
    assert table.frame["note"].tolist() == ["ein großer Hund", None, "a cat", "", "a dog"]
    assert not (tmp_path / "none").exists()
    (kind,) = column_kinds(frame)
    assert (kind.kind, kind.reason[:7]) == ("text", "3 texts")


OBJECTS = [
    ([{"w": 1, "h": 2}, {"w": 2}], r"2 objects with the names \['w', 'h'\].*json_normalize"),
    ([b"\xff\xd8\xff", b"II*\0"], r"2 cells of bytes, such as b'.*`files_directory`"),
    ([{"bytes": b"\xff", "path": None}] * 2, "2 cells of bytes, such as {'bytes'"),
    ([{"bytes": 2**40}, {"bytes": 1, "path": "x"}], r"2 objects with the names \['bytes', 'path'"),
    ([["a"], "b"], "1 lists among its 2 cells"),
    ([["a", 1], ["b"]], r"2 lists of neither numbers nor words, such as \['a', 1\]"),
    ([[{"w": 1}], [{"w": 2}]], r"lists of neither numbers nor words, such as \[{'w': 1}\]"),
    ([[[[1]]], [[[2]]]], r"lists of neither numbers nor words, such as \[\[\[1\]\]\]"),
    ([[b"a"], [b"b"]], r"lists of neither numbers nor words, such as \[b'a'\]"),
]


@pytest.mark.parametrize(("cells", "message"), OBJECTS)
def test_what_nothing_reads_is_named(cells, message, tmp_path):
    frame = pd.DataFrame({"meta": cells, "x": [1, 2], "y": ["a", "b"]})
    table = tables.Table.from_dataframe(frame, files_directory=tmp_path / "none")
    assert not (tmp_path / "none").exists()
    with pytest.raises(ArgumentError, match=rf"(?s)Received: 'meta', which has .*{message}"):
        tables.examine(table, tables.TableOptions())
    with pytest.raises(ArgumentError, match=message):
        column_kinds(frame)
    for option in ("image", "text", "tabular", "sensor"):
        with pytest.raises(ArgumentError, match=message):
            tables.examine(table, tables.TableOptions(**{option: "meta"}))
    with pytest.raises(ArgumentError, match=rf"`target` must have one class, .*{message}"):
        tables.examine(table, tables.TableOptions(target="meta", only=True, tabular="x"))
    kinds = tables.examine(table, tables.TableOptions(ignore="meta")).kinds
    assert [each.kind for each in kinds][:2] == ["ignore", "number"]
    kinds = tables.examine(table, tables.TableOptions(), strict=False).kinds
    assert kinds[0].kind == "ignore"


@pytest.mark.parametrize("ending", ["parquet", "jsonl"])
def test_lists_of_words_are_texts(ending, tmp_path):
    frame = pd.DataFrame({"tags": [["red", "round"], ["blue"], None, []], "x": [1, 2, 3, 4]})
    write(frame, tmp_path / f"t.{ending}")
    table = tables.read(tmp_path / f"t.{ending}")
    options = tables.TableOptions()
    kinds = tables.examine(table, options).kinds
    assert str(kinds[0]).startswith("tags: text (3 lists of words")
    column, _ = make_columns(table, kinds, options)
    assert column.cells.tolist() == ["red round", "blue", "", ""]
    texts = TextProcessor().from_dataframe(table.frame, "tags")
    assert texts.cells.tolist() == column.cells.tolist()
    with pytest.raises(ArgumentError, match=r"must have one class.*3 lists of words"):
        tables.examine(table, tables.TableOptions(target="tags"))


def test_python_s_own_makers_say_where_files_in_cells_go(rng):
    frame = pd.DataFrame({"photo": [png(rng)]})
    with pytest.raises(TypeError, match=r"PNG.{20,60}\.\.\., a bytes.*`data\.read_dataset` or"):
        ImageStream().from_dataframe(frame, "photo")


def test_describing_a_frame_reads_what_was_in_its_cells(rng, tmp_path):
    frame = pd.DataFrame({"photo": [png(rng) for _ in range(4)], "x": [1, 2, 3, 4]})
    table = tables.Table.from_dataframe(frame, files_directory=tmp_path / "files")
    found = experiment.describe(table, tables.TableOptions(confine=True))
    assert found.rows.report.unreadable == {"photo": {}, "table": {}}
    assert json.loads((tmp_path / "files" / "records.json").read_text())["rows"] == 4
    assert np.array_equal(found.cells["kind"], ["image", "number"])
