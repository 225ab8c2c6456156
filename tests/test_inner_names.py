"""Names that users give, and those that are made of them."""

import keyword
import re

import pytest

from keras_multimodal._inner_names import free_name, inner_name, served_names

STRANGE = (
    *("说明", "标题", "größe", "gro\u0308ße", "отзыв", "サイズ", "حجم", "😀"),
    *("photo 1", "photo-1", "photo.1", "1stFlrSF", "2ndFlrSF", "_x", "__x", " x", "x "),
    *("a/b", "a\\b", "price ($)", "price (€)", "%", "x" * 50 + " a", "x" * 50 + " b"),
)
PLAIN = ("title", "photo_1", "x", "X", "x1", "table", "label", "status", "class", "from")


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_name_is_its_own_inner_name(name):
    assert inner_name(name) == name


def test_inner_names_are_ascii_and_one_to_one():
    made = [inner_name(name) for name in (*STRANGE, *PLAIN)]
    assert len(set(made)) == len(made)
    for name in made:
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)
        assert len(name) < 60


def test_an_inner_name_is_the_same_in_every_version():
    """Trained models and interrupted runs have them in their files."""
    assert inner_name("说明") == "name_055f86d9"
    assert inner_name("1stFlrSF") == "name_1stFlrSF_d823fdc3"
    assert inner_name("größe") == "groe_a0f6c858"


def test_every_client_can_write_served_names():
    names = [*STRANGE, *PLAIN, "self", "None", "lambda", "is", "match"]
    served = served_names(names)
    assert list(served) == names
    assert len(set(served.values())) == len(names)
    for name in served.values():
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name)
        assert not keyword.iskeyword(name)
        assert name != "self"  # which a signature's own call has


@pytest.mark.parametrize(
    ("names", "served"),
    [
        (["Photo File", "age"], ["Photo_File", "age"]),
        (["Photo File", "Photo_File"], [inner_name("Photo File"), "Photo_File"]),
        (["a b", "a-b"], [inner_name("a b"), inner_name("a-b")]),
        (["class", "x"], ["class_b521f551", "x"]),
        (["a", "a"], ["a"]),
    ],
)
def test_signs_become_underscores_where_names_stay_apart(names, served):
    assert list(served_names(names).values()) == served


def test_a_free_name_has_as_many_underscores_as_it_takes():
    assert free_name("table", []) == "table"
    assert free_name("table", ["table", "table_"]) == "table__"
