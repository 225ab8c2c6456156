"""Numbers are read as people write them, or it is said why not."""

import math

import pytest

from keras_multimodal.schema.number_writing import NumberWriting, UntoldWriting, find_writing


@pytest.mark.parametrize(
    ("cells", "decimal", "unit", "numbers"),
    [
        (["1", "2.5", " 3e2 "], "", "", [1, 2.5, 300]),
        ([1, 2.5, 3], "", "", [1, 2.5, 3]),
        (["3,5", "12"], ",", "", [3.5, 12]),
        (["0,123", "0,456"], ",", "", [0.123, 0.456]),
        ([1.5, "2,5"], ",", "", [1.5, 2.5]),
        (["3万", "5万"], ".", "万", [3, 5]),
        (["3万元", "5万元"], ".", "万元", [3, 5]),
        (["1.234,50 €", "99,90 €", "12 €", "7"], ",", "€", [1234.5, 99.9, 12, 7]),
        (["$1,234.50", "-$7", "$0.5"], ".", "$", [1234.5, -7, 0.5]),
        (["R$ 5,00", "R$ 7,50"], ",", "R$", [5, 7.5]),
        (["CHF 1'234.50", "CHF 8"], ".", "CHF", [1234.5, 8]),
        (["1 234,5", "1\u202f234\u202f567", "2"], ",", "", [1234.5, 1234567, 2]),
        (["12,34,567.00", "5.00"], ".", "", [1234567, 5]),  # as in India
        (["1,234,567", "1,000"], ".", "", [1234567, 1000]),
        (["1.234.567", "1.000"], ",", "", [1234567, 1000]),
        (["(1,234.50)", "5.25"], ".", "", [-1234.5, 5.25]),
        (["1.234,50-", "2,00"], ",", "", [-1234.5, 2]),
        (["\u22125,5", "3,5"], ",", "", [-5.5, 3.5]),
        (["12%", "3.5 %", "7\uff05"], ".", "%", [12, 3.5, 7]),
        (["%12", "%7"], ".", "%", [12, 7]),
        (["\uff11\uff12\uff13,\uff15", "\uff14"], ",", "", [123.5, 4]),  # full width
        (["\u0661\u066c\u0662\u0663\u0664\u066b\u0665", "\u0662"], ",", "", [1234.5, 2]),  # Arabic
        (["¥1,500.00", "￥30"], ".", "¥", [1500, 30]),
        (["5元", "7.5 元"], ".", "元", [5, 7.5]),
        (["37.5°C", "38 ℃"], ".", "°C", [37.5, 38]),
        (["5kg", "7 kg", "8 kg"], ".", "kg", [5, 7, 8]),
        (["5 km/h", "7 km/h"], ".", "km/h", [5, 7]),
        (["3 rooms", "2 rooms"], ".", "rooms", [3, 2]),
        (["3ft", "2ft"], ".", "ft", [3, 2]),
    ],
)
def test_a_writing_is_found_and_read(cells, decimal, unit, numbers):
    writing = find_writing(cells)
    assert writing == NumberWriting(decimal, unit)
    assert [writing.number(cell) for cell in cells] == numbers


@pytest.mark.parametrize(
    ("cells", "decimal", "message"),
    [
        (["1,234", "12,500"], None, "'1,234', which may be 1234 or 1.234.*`decimal`"),
        (["1.5", "1,5"], None, r"decimal points \(1\) and with decimal commas \(1\)"),
        (["5 GB", "7 MB"] * 4, None, "several units, 4 in 'GB', 4 in 'MB'"),
        (["5 €", "$7"] * 4, None, "several units, 4 in '€', 4 in '\\$'"),
        (["5%", "0.05"] * 4, None, "several units, 4 in '%', 4 without"),
        (["5 €", "7 $"] * 4, ",", "several units"),
        (["3万", "5000"] * 4, None, "several units, 4 in '万', 4 without"),
    ],
)
def test_what_cannot_be_told_is_said(cells, decimal, message):
    with pytest.raises(UntoldWriting, match=message):
        find_writing(cells, decimal)


@pytest.mark.parametrize(
    "cells",
    [
        ["12 Elm", "7 Oak", "5 Pine"],
        ["12a", "13b", "14c"],
        ["10-20", "30-40"],
        ["1,23,4", "5,67,8"],
        ["--5", "(-5)"],
        ["1.5", "x"],
        ["5 of them", "6 of them"],
        ["9" * 60, "x" * 60],
        ["", "-"],
    ],
)
def test_what_is_no_number_has_no_writing(cells):
    assert find_writing(cells) is None


def test_the_sign_may_be_said():
    assert find_writing(["1,234", "12,500"], ".").number("1,234") == 1234
    assert find_writing(["1,234", "12,500"], ",").number("1,234") == 1.234
    assert find_writing(["1.5", "2.5"], ".").number("1,000.5") == 1000.5
    assert find_writing(["1.5", "2.5"], ",") is None  # these part no thousands


def test_a_cell_is_read_by_the_writing_alone():
    euros, shares = NumberWriting(",", "€"), NumberWriting(".", "%")
    assert euros.number("1.234 €") == 1234
    assert euros.number(2.5) == 2.5
    for writing, cell in (
        (euros, "5 $"),
        (euros, "3.5"),
        (shares, "0.05"),
        (NumberWriting(), "1,5"),
    ):
        assert math.isnan(writing.number(cell))
    assert math.isnan(NumberWriting().number(10**400))


def test_mistakes_among_numbers_change_nothing():
    cells = [*map(str, range(20)), "1,5"]
    assert find_writing(cells) == NumberWriting(",")
    assert find_writing([*map(str, range(20)), "none"]) == NumberWriting()
    assert find_writing([*(f"{n}.5" for n in range(20)), "1,5"]) == NumberWriting()
