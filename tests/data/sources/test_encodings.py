"""Text files in other encodings and forms are read as what they are, and it is said."""

import gzip

import numpy as np
import pandas as pd
import pytest

from keras_multimodal import tables
from keras_multimodal.data import SensorProcessor, TableProcessor, TextProcessor, pair, read_table
from keras_multimodal.data.column.text_file import TextFile
from keras_multimodal.errors import ArgumentError

CHINESE = "名称,描述,类别\n001,一只黑色的猫在睡觉,猫\n002,这只狗很喜欢在公园里跑,狗\n"
SHORT = "图片,名字\n1.png,小猫\n2.png,小狗\n"
PEOPLE = "姓名,城市\n张婷,北京\n李鑫,上海\n王玥,广州\n"
TRADITIONAL = "名稱,描述\n1,一隻黑色的貓在睡覺\n2,這隻狗很喜歡在公園裡跑步\n"
JAPANESE = "名前,説明\n1,黒い猫が寝ている\n2,犬は公園で走るのが好きだ\n"
PLACES = "都市,県\n1,東京,東京都\n2,大阪,大阪府\n3,名古屋,愛知県\n4,横浜,神奈川県\n"
KOREAN = "이름,설명\n1,검은 고양이가 자고 있다\n2,개는 공원에서 달리기를 좋아한다\n"
FRENCH = "nom,été\n1,à côté de l’hôtel\n2,«Ça va»\n"
GERMAN = "größe,name\n1,Müller\n2,Straße\n"
PRICES = "price,at\n10 €,20 °C\n12 €,±3 µm\n"
RUSSIAN = "имя\nПривет мир\nэто кошка и собака\n"
GREEK = "όνομα\nΓειά σου κόσμε\nη γάτα είναι μαύρη\n"

# ruff: noqa: RUF001
# What is told by itself: the text, the encoding it is in, and the codec that is found.
TOLD = [
    (CHINESE, "utf-8", "utf-8"),
    (CHINESE, "utf-8-sig", "utf-8-sig"),
    (CHINESE, "utf-16", "utf-16"),
    (CHINESE, "utf-16-le", "utf-16-le"),
    (CHINESE, "utf-16-be", "utf-16-be"),
    (RUSSIAN, "utf-16-le", "utf-16-le"),
    ("a,b\n1,2\n", "utf-16-be", "utf-16-be"),
    (CHINESE, "utf-32", "utf-32"),
    (CHINESE, "gb18030", "gb18030"),
    (SHORT, "gbk", "gb18030"),
    (PEOPLE, "gb18030", "gb18030"),
    (TRADITIONAL, "big5", "cp950"),
    (JAPANESE, "shift_jis", "cp932"),
    (PLACES, "shift_jis", "cp932"),
    (JAPANESE, "euc_jp", "euc_jp"),
    (PLACES, "euc_jp", "euc_jp"),
    (KOREAN, "cp949", "cp949"),
    ("이름,성별\n이영희,여자\n", "cp949", "cp949"),
    ("城市,好评\n北京,是\n", "gb18030", "gb18030"),
    (FRENCH, "cp1252", "cp1252"),
    (GERMAN, "latin-1", "cp1252"),
    (PRICES, "cp1252", "cp1252"),
    ("namn\nÅsa Öberg\nÅke\n", "latin-1", "cp1252"),
    (RUSSIAN, "cp1251", "cp1251"),
    (GREEK, "cp1253", "cp1253"),
]
# What is not: two or more make words of it, or none.
UNTOLD = [
    ("값,낱\n", "cp949", r"may be GB18030 \('.* or EUC-KR \('값,낱'\)"),
    (RUSSIAN.lower(), "cp1251", r"may be Windows-1251 \('имя'\) or KOI8-R \('ХЛЪ'\)"),
    ("isim\nİstanbul şehri\n", "cp1254", r"Windows-1252 \('Ýst.* or Windows-1254 \('İst"),
    ("שם\nשלום עולם\n", "cp1255", r"may be Windows-1251.*Windows-1255 \('שם'\)"),
    ("nazwa\nzażółć gęślą jaźń\nłódź\n", "cp1250", "of which no other encoding makes words"),
    (GERMAN, "cp850", r"no UTF-8 in line 1 \(.*\), and of which no other encoding makes words"),
    ("größe;b\n1;x\n", "cp850", "of which no other encoding makes words"),
    (FRENCH.replace("’", "'"), "mac_roman", "of which no other encoding makes words"),
]


@pytest.mark.parametrize(("text", "encoding", "codec"), TOLD)
def test_an_encoding_is_told_by_the_bytes(text, encoding, codec, tmp_path):
    file = tmp_path / "t.csv"
    file.write_bytes(text.encode(encoding))
    found = TextFile.find(file)
    assert found.encoding == codec
    assert found.read() == text
    assert bool(found.note) == (not codec.startswith("utf-8"))
    assert found.guessed == (codec not in ("utf-8", "utf-8-sig", "utf-16", "utf-32"))
    assert found.note.startswith(f"{str(file)!r} is " if found.note else "")


@pytest.mark.parametrize(("text", "encoding", "message"), UNTOLD)
def test_what_cannot_be_told_asks_for_the_encoding(text, encoding, message, tmp_path):
    file = tmp_path / "t.csv"
    file.write_bytes(text.encode(encoding))
    with pytest.raises(ArgumentError, match=rf"(?s)`encoding` must be given for '.*{message}"):
        TextFile.find(file)
    assert TextFile.find(file, encoding).read() == text


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        (CHINESE.encode("gb18030"), "gb2321", "must be one that Python knows.*'gb2321'"),
        (CHINESE.encode("gb18030"), "base64", "must be one that Python knows.*'base64'"),
        (CHINESE.encode("gb18030"), "utf-8", r"must be that of '.*t\.csv', which is no utf-8"),
        (CHINESE.encode("gb18030") + b"\0\0", None, "which has zero bytes and is no UTF-16"),
        (b"\xef\xbb\xbfa\n\xff\n", None, r"must be that of '.*t\.csv', which is no utf-8"),
    ],
)
def test_a_wrong_encoding_is_named(content, encoding, message, tmp_path):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(ArgumentError, match=message) as caught:
        read_table(tmp_path / "t.csv", encoding=encoding)
    assert caught.value.argument == "encoding"


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "jsonl", "jsonl.gz"])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_tables_of_any_encoding_are_read(ending, encoding, tmp_path):
    file = tmp_path / f"宠物.{ending}"
    text = CHINESE
    if ending.startswith("jsonl"):
        frame = pd.DataFrame([line.split(",") for line in CHINESE.splitlines()[1:]])
        frame.columns = ["名称", "描述", "类别"]
        text = frame.to_json(orient="records", lines=True, force_ascii=False)
    content = text.encode(encoding)
    file.write_bytes(gzip.compress(content) if ending.endswith("gz") else content)
    notes = []
    table = tables.read(file, key="名称", on_finding=notes.append)
    assert table.frame[table.column("描述", "text")].tolist()[0] == "一只黑色的猫在睡觉"
    assert [encoding[:3].lower() in note.lower() for note in notes] == [True] * (
        encoding != "utf-8-sig"
    )
    assert table.frame[table.column("名称", "key")].tolist() == ["001", "002"]
    given = read_table(file, key="名称", encoding=encoding)
    assert given.loc["002", "类别"] == "狗"


def test_a_guess_is_warned_of_in_python(tmp_path):
    (tmp_path / "t.csv").write_text(GERMAN, "latin-1")
    (tmp_path / "t.txt").write_text("groß\nMüller", "latin-1")
    (tmp_path / "s.csv").write_text("größe;b\n1,5;2\n;1.200\n", "latin-1")
    said = r"is no UTF-8 and is read as Windows-1252, where it has '{}.*`encoding` says another"
    with pytest.warns(UserWarning, match=said.format("größe,name")):
        assert read_table(tmp_path / "t.csv")["name"].tolist() == ["Müller", "Straße"]
    with pytest.warns(UserWarning, match=said.format("größe,name")):
        tables.read(tmp_path / "t.csv")
    with pytest.warns(UserWarning, match=said.format("größe,name")):
        TableProcessor().from_dataframe(tmp_path / "t.csv", "größe")
    with pytest.warns(UserWarning, match=said.format("groß")):
        texts = TextProcessor().load_data(tmp_path / "t.txt")
    assert texts.cells.tolist() == ["groß", "Müller"]
    files = pd.DataFrame({"file": ["s.csv", "s.csv"]})
    with pytest.warns(UserWarning, match=said.format("größe;b") + ", and 1 other files as well"):
        column = SensorProcessor().from_dataframe(files, "file", tmp_path)
    assert column.spec.channels == ("größe", "b")


def test_an_encoding_is_given_to_text_files(tmp_path):
    (tmp_path / "t.txt").write_text("Müller", "cp850")
    texts = TextProcessor().load_data(tmp_path / "t.txt", encoding="cp850")
    assert texts.cells.tolist() == ["Müller"]
    (tmp_path / "t.csv").write_text("wer\nMüller", "cp850")
    texts = TextProcessor().load_data(tmp_path / "t.csv", "wer", encoding="cp850")
    assert texts.cells.tolist() == ["Müller"]
    with pytest.raises(ValueError, match=r"line 1 is not utf-8.*Give its `encoding`"):
        TextProcessor().load_data(tmp_path / "t.txt", encoding="utf-8")
    with pytest.raises(ArgumentError, match="`encoding` must be left out where `data` is no file"):
        TextProcessor().load_data(["a"], encoding="cp850")
    with pytest.raises(ArgumentError, match=r"`dataframe` must be a file whose.*`read_table\(path"):
        TextProcessor().from_dataframe(tmp_path / "t.csv", "wer")


@pytest.mark.parametrize(
    ("ending", "content", "rows"),
    [
        ("csv", "id\tb\n1\tone, two\n", ["one, two"]),
        ("csv", "id|b\n1|one, two; three\n", ["one, two; three"]),
        ("csv", "sep=;\nid;b\n1;2,5\n", ["2,5"]),
        ("csv", '"sep=|"\r\nid|b\r\n1|one, two\r\n', ["one, two"]),
        ("csv", "\ufeffsep=\t\nid\tb\n1\tx\n2\t\n", ["x", None]),
        ("csv", 'id;"b"\n1;"a; b"\n', ["a; b"]),
        ("csv", '"id, or name";b\n1;x\n', ["x"]),
        ("csv", "id, or name;b\n1;x\n", ["x"]),
        ("csv", "id,x;b\n1,2\n", None),
        ("tsv", "id\tb, c\n1\tx\n", None),
    ],
)
def test_what_stands_between_the_cells_is_seen(ending, content, rows, tmp_path):
    file = tmp_path / f"t.{ending}"
    file.write_bytes(content.encode())
    frame = read_table(file, as_text=True)
    if rows is None:
        assert frame.shape == (1, 2)
    else:
        assert frame["b"].replace({np.nan: None}).tolist() == rows


def test_a_sign_is_given(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("sep=;\nid:b\n1:x;y\n2\n")
    with pytest.raises(ValueError, match=r"2 cells in each row.*1 in line 4"):
        read_table(file, sep=":")
    file.write_text("id:b\n1:x;y\n")
    assert read_table(file, sep=":")["b"].tolist() == ["x;y"]
    assert tables.read(file, sep=":").frame["b"].tolist() == ["x;y"]
    file.write_text("id\tb\n1\tx,y\n")
    assert read_table(file, sep=r"\t")["b"].tolist() == ["x,y"]
    with pytest.raises(ArgumentError, match=r"`sep` must be one sign.*pandas knows"):
        read_table(file, sep="::")
    (tmp_path / "t.jsonl").write_text('{"a": 1}')
    with pytest.raises(ArgumentError, match=r"`sep` must be one sign, of a \.csv or \.tsv"):
        read_table(tmp_path / "t.jsonl", sep=";")


def test_a_file_of_utf_8_with_a_broken_byte_is_taken_for_nothing_else(tmp_path):
    for text in (CHINESE, FRENCH, RUSSIAN, KOREAN, JAPANESE):
        content = text.encode()
        (tmp_path / "t.csv").write_bytes(content + b"\xe4,\n")
        with pytest.raises(ArgumentError, match=rf"no UTF-8 in line {text.count(chr(10)) + 1} "):
            read_table(tmp_path / "t.csv")


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"a,b\n1,2\n" * 99)[:-20]])
def test_a_spoiled_gzip_file_is_named(content, tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"'.*t\.csv\.gz' cannot be read: "):
        read_table(tmp_path / "t.csv.gz")
    (tmp_path / "t.parquet.gz").write_bytes(content)
    with pytest.raises(ArgumentError, match="must end in one of"):
        read_table(tmp_path / "t.parquet.gz")


@pytest.mark.parametrize(("name", "key"), [("code", "code"), (None, "index")])
def test_the_index_of_a_parquet_file_is_a_key(name, key, tmp_path):
    frame = pd.DataFrame({"size": [1, 2]}, index=pd.Index(["007", "008"], name=name))
    frame.to_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet", key=key).index.tolist() == ["007", "008"]
    table = tables.read(tmp_path / "t.parquet", key=key)
    assert table.frame[table.column(key, "key")].tolist() == ["007", "008"]
    with pytest.raises(
        ArgumentError, match=r"`key` must name a column of '.*'size'\. Received: key='id'"
    ):
        read_table(tmp_path / "t.parquet", key="id")


@pytest.mark.parametrize(
    ("content", "decimal", "values"),
    [
        ("a;b\n1,5;2\n;1.200\n", None, [[1.5, 2], [0, 1200]]),
        ("a\tb\n0,001\t1,25\n1,234\t2,5\n", None, [[0.001, 1.25], [1.234, 2.5]]),
        ("1,5;2,5\n3,5;4\n", None, [[1.5, 2.5], [3.5, 4]]),
        ("a|b\n1,234|2\n", ",", [[1.234, 2]]),
        ("a|b\n1,234|2\n", ".", [[1234, 2]]),
    ],
)
def test_decimal_commas_of_series(content, decimal, values, tmp_path):
    (tmp_path / "s.csv").write_text(content)
    files = pd.DataFrame({"file": ["s.csv"]})
    maker = SensorProcessor(standardize=False)
    column = maker.from_dataframe(files, "file", tmp_path, decimal=decimal)
    found = pair(column).batch(1).get_single_element()["sensor"]
    np.testing.assert_allclose(found[0], values)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a;b\n1,234;2\n", "which may be 1234 or 1.234: say which sign.*`decimal`"),
        ("a;b\n1,5;1e99\n", "column 'b' must hold numbers with a decimal comma. Received: '1e99'"),
        ("größe;b\nß;2\n", "`encoding` must be given for .*"),
    ],
)
def test_series_of_which_nothing_can_be_told_name_the_option(content, message, tmp_path):
    (tmp_path / "s.csv").write_text(content, "cp850")
    files = pd.DataFrame({"file": ["s.csv"]})
    with pytest.raises(ValueError, match=message):
        SensorProcessor().from_dataframe(files, "file", tmp_path)


def test_an_encoding_is_that_of_series_which_are_no_utf_8(tmp_path):
    (tmp_path / "a.csv").write_text("größe;b\n1;2\n", "cp850")
    (tmp_path / "b.csv").write_text("größe;b\n3;4\n", "utf-8")
    files = pd.DataFrame({"file": ["a.csv", "b.csv"]})
    maker = SensorProcessor(standardize=False)
    column = maker.from_dataframe(files, "file", tmp_path, encoding="cp850")
    assert column.spec.channels == ("größe", "b")
    found = pair(column).batch(2).get_single_element()["sensor"]
    np.testing.assert_array_equal(found[:, 0], [[1, 2], [3, 4]])
