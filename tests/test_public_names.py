"""docs/reference.md has every public name."""

import re

import keras_multimodal
from tests.public_names import PAGE, page


def test_the_page_is_of_today():
    assert PAGE.read_text("utf-8") == page(), "python -m tests.public_names --write"


def test_every_public_name_is_there_with_a_sentence():
    text = PAGE.read_text("utf-8")
    for room in keras_multimodal.__all__:
        for name in getattr(keras_multimodal, room).__all__:
            assert re.search(rf"^\| `{name}` \| \S.* \|$", text, re.M), f"{room}.{name}"
