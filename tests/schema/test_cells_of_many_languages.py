"""Cells as people write them in many countries: what is not recognised is no key."""

import hashlib
import uuid

import pandas as pd
import pytest

from keras_multimodal.schema import Schema, column_kinds
from keras_multimodal.schema.dates import is_date, is_time_of_day
from keras_multimodal.schema.text import text_length, text_split
from keras_multimodal.schema.unspaced_scripts import are_unspaced, count_tokens

ROWS = 40
REVIEWS = ["这个产品质量很好", "非常差。快递太慢", "我喜欢", "要退货", "包装漂亮"]


def numbered(*parts):
    """As many cells: the first part of each with a number of its own."""
    return [parts[row % len(parts)].format(row) for row in range(ROWS)]


def of_words(*words):
    """As many cells, each of other words without spaces between them."""
    count = len(words)
    return [
        "".join(words[place % count] for place in range(row, row + 6 + row // count))
        for row in range(ROWS)
    ]


@pytest.mark.parametrize(
    ("cells", "kind", "reason"),
    [
        (of_words(*REVIEWS), "text", "characters, which no spaces part"),
        (of_words("これは", "猫です。", "犬が", "いる"), "text", "characters"),
        (of_words("ฉัน", "ชอบ", "แมว", "มาก"), "text", "characters"),
        (of_words("我有", "iPhone", "手机", "很", "好用"), "text", "characters"),
        (["苹果", "香蕉", "西瓜", "葡萄"], "text", "characters"),
        (["好", "差"] * 20, "category", "2 different"),
        (numbered("{}번 고양이가 좋다", "개 {}마리"), "text", "words"),
        (numbered("{0},5", "{0},25"), "number", "decimal comma"),
        (numbered("{},50 €", "1.{:03d},00 €"), "number", "in €"),
        (numbered("${}.50"), "number", "in $"),
        (numbered("{}%", "{}.5 %"), "number", "in %"),
        (numbered("{}.25"), "number", "numbers from 0.25 to 39.25"),
        (numbered("{} kg"), "number", "in kg"),
        (numbered("3.4.20{:02d}"), "ignore", "dates"),
        (numbered("5 Jan 20{:02d}", "17 févr. 20{:02d}", "3. März 20{:02d}"), "ignore", "dates"),
        (numbered("2024年1月{}日", "2024年12月{}日"), "ignore", "dates"),
        (numbered("10:{:02d}", "9:{:02d}"), "ignore", "times of day"),
        (numbered("1:{:02d} PM", "11:{:02d} am"), "ignore", "times of day"),
        (numbered("{}.tif", "{}.TIFF"), "image", "end in .tif or .tiff"),
        (numbered("{}.jfif"), "image", "end in .jfif"),
        (numbered("IMG_{}.HEIC"), "image", "end in .heic"),
        (numbered("图片{}.png"), "image", "end in .png"),
        (numbered("{}.png "), "image", "end in .png"),
        (numbered("{}.opus"), "audio", "end in .opus"),
        (numbered("{}.aiff", "{}.m4a"), "audio", "end in .aiff or .m4a"),
        ([str(uuid.UUID(int=row)) for row in range(ROWS)], "ignore", "UUIDs: a key"),
        ([hashlib.sha256(b"%d" % row).hexdigest() for row in range(ROWS)], "ignore", "digests"),
        (numbered("{:04d}"), "ignore", "a key"),
        (numbered("A-{:03d}", "B-{:03d}x"), "ignore", "codes: a key"),
        (numbered("订单{}"), "ignore", "differ in a number, a key"),
        (numbered("lat={}.5"), None, "such as 'lat=0.5'"),
        (["Anna", "Björn", "Zoë", "राम"], "ignore", "names: a key"),
        (numbered("https://example.com/{}"), None, "addresses of the web, such as 'https"),
        (numbered("someone{}@example.com"), None, "e-mail addresses, such as 'someone0@"),
        (numbered("{}.mp4", "{}.avi"), None, "files that nothing here reads, .mp4 or .avi"),
        (numbered("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABC{:04d}=="), None, "bytes in base64, such as"),
        (numbered("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA{:04d}"), None, "base64"),
        (numbered("1,{:03d}"), None, "which may be 1000 or 1.000.*`decimal`"),
        (numbered("{} GB", "{} MB"), None, "several units, 20 in 'GB', 20 in 'MB'"),
        (numbered("{0}-{0}"), None, "40 different strings in 40 cells, such as '0-0' and '1-1'"),
        (numbered("{{{}}}", "<{}>"), None, "40 different strings in 40 cells, such as"),
        ([*map(str, range(30)), *"abcdefghij"], None, "30 of them numbers, such as 'a' and 'b'"),
    ],
)
def test_a_column_is_what_it_looks_like_or_is_named(cells, kind, reason):
    frame = pd.DataFrame({"column": cells})
    if kind is None:
        with pytest.raises(ValueError, match=rf"'column', which has .*{reason}"):
            column_kinds(frame)
        return
    (found,) = column_kinds(frame)
    assert found.kind == kind
    assert reason in found.reason


def test_the_decimal_sign_may_be_said():
    frame = pd.DataFrame({"column": numbered("1,{:03d}")})
    (found,) = column_kinds(frame, decimal=".")
    assert found.reason == "40 numbers from 1000 to 1039"
    (found,) = column_kinds(frame, {"column": "number"}, decimal=",")
    assert found.writing.number("1,500") == 1.5
    with pytest.raises(ValueError, match=r"'column', which has numbers such as '1,000'"):
        column_kinds(frame, {"column": "number"})
    frame = pd.DataFrame({"price": numbered("{},50"), "people": numbered("7.{:03d}", "{}")})
    with pytest.raises(
        ValueError, match=r"'people', which has numbers such as '7.000', .* where 'price' has"
    ):
        column_kinds(frame)
    people = column_kinds(frame, decimal=",")[1].writing
    assert people.number("7.000") == 7000
    frame["people"] = numbered("7.{:02d}", "7.{:03d}")
    assert column_kinds(frame)[1].writing.number("7.000") == 7
    frame = frame.assign(price=1.5, people=numbered("7.{:03d}"))
    assert column_kinds(frame)[1].kind == "number"  # nothing speaks for thousands
    with pytest.raises(ValueError, match=r'`decimal` must be "\."'):
        column_kinds(frame, decimal="comma")


@pytest.mark.parametrize(
    ("text", "date", "clock"),
    [
        ("2024-01-02T03:04:05.123Z", True, False),
        ("2024-01-02 03:04+02:00", True, False),
        ("20240102T030405", True, False),
        ("2024/1/2", True, False),
        ("2024-W07", True, False),
        ("01/02/24 5:06 pm", True, False),
        ("Mon, 02 Jan 2024 10:00:00 GMT", True, False),
        ("2 de enero de 2024", True, False),
        ("1 мая 2024", True, False),
        ("January 2nd, 2024", True, False),
        ("２０２４年１月２日", True, False),
        ("2024년 1월 2일", True, False),
        ("2 apples 2024", False, False),
        ("12.34.56", False, True),
        ("99/99/99", False, False),
        ("1234-56", False, False),
        ("10:30:15", False, True),
        ("10h30", False, True),
        ("下午3时05分", False, True),
        ("10.30", False, False),  # a number
        ("16:9", False, False),
    ],
)
def test_dates_and_times_of_day(text, date, clock):
    assert (is_date(text), is_time_of_day(text)) == (date, clock)


@pytest.mark.parametrize(
    ("texts", "unspaced"),
    [
        (REVIEWS, True),
        (["这个 产品 质量 很好", "快递 太 慢"], False),  # cut before
        (["a cat", "a dog"], False),
        (["a cat"] * 19 + ["很好很好"], False),
        ([None, ""], False),
    ],
)
def test_texts_that_no_spaces_part(texts, unspaced):
    assert are_unspaced(texts) is unspaced
    assert text_split(texts) == ("script" if unspaced else "whitespace")


def test_their_length_is_that_of_their_characters():
    assert count_tokens("我的iPhone很好!", by_script=True) == 5
    assert count_tokens("ก็ดี", by_script=True) == 2  # a tone and a vowel stand on letters
    assert text_length(["很" * count for count in range(1, 21)], "script") == 20
    assert text_length(["很" * 300] * 9, "script") == 256
    assert text_length(["ab c"], "character") == 4
    assert text_length(["!?"], "script") == 1
    schema = Schema.infer(pd.DataFrame({"review": of_words(*REVIEWS)}))
    assert schema["review"].split == "script"
    assert schema["review"].length > 30
