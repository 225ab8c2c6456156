"""Options are declared once: the parser, the docs and the file of options follow."""

import json
import re

import pytest

from keras_multimodal import layers
from keras_multimodal._options import SOURCES, declared
from keras_multimodal.data.column.table_files import READERS
from keras_multimodal.errors import ArgumentError
from keras_multimodal.experiment import TrainingOptions
from keras_multimodal.tables import TableOptions


def test_options_make_the_round_trip():
    options = TrainingOptions(source="t.csv", target="a", image=("x", "y"), time_limit=2.5)
    assert TrainingOptions.from_mapping(json.loads(options.to_json()), "x") == options
    one = {"source": "t.csv", "target": "a", "image": "x", "duration": 3}
    assert TrainingOptions.from_mapping(one, "x").image == ("x",)


def test_the_docstring_has_every_option_and_its_default():
    for cls in (TableOptions, TrainingOptions):
        for name in cls.__dataclass_fields__:
            assert f"\n    {name}: " in cls.__doc__
    assert "epochs: The most epochs. Default `30`." in TrainingOptions.__doc__
    assert "directory: Folder that file names are relative to. Default `None`: the table's." in (
        TableOptions.__doc__
    )


@pytest.mark.parametrize(
    ("options", "argument", "problem"),
    [
        ({"epochs": 0}, "epochs", "must be at least 1. Received: 0"),
        ({"seed": 2**32}, "seed", "must be at most 4294967295. Received: 4294967296"),
        ({"image_size": 7}, "image_size", "must be at least 8. Received: 7"),
        ({"time_limit": 0}, "time_limit", "must be positive. Received: 0"),
        ({"task": "sorting"}, "task", "must be one of ['classification'"),
        ({"target": None}, "target", "must name the column to predict"),
        ({"task": "retrieval"}, "target", "must be left out where `task` is retrieval"),
        ({"text": ("a",), "ignore": ("a",)}, "ignore", "'a', which `text` names too"),
        ({"text": ("sort",)}, "text", "must not name the target. Received: 'sort'"),
    ],
)
def test_what_is_out_of_range_is_named(options, argument, problem):
    with pytest.raises(ArgumentError) as caught:
        TrainingOptions(**{"target": "sort", **options})
    assert caught.value.argument == argument
    assert problem in caught.value.problem


def test_columns_are_kept_as_a_tuple_and_a_type_is_checked():
    assert TableOptions(text="note", ignore=["a", "b"]).text == ("note",)
    assert TableOptions(ignore=["a", "b"]).ignore == ("a", "b")
    for wrong in ({"image_size": "96"}, {"target": 3}, {"only": 1}, {"text": [3]}):
        with pytest.raises(ArgumentError) as caught:
            TableOptions(**wrong)
        assert [caught.value.argument] == list(wrong)


def test_a_file_calls_the_columns_of_numbers_table():
    options = TableOptions(tabular=("a",))
    assert json.loads(options.to_json())["table"] == ["a"]
    assert TableOptions.from_mapping({"table": "a"}, "x") == options


def test_what_is_declared_is_what_holds_elsewhere():
    options = declared(TrainingOptions)
    assert options["fusion"].otherwise == layers.fusion.DEFAULT
    assert set(re.findall(r"\.\w+", SOURCES)) == set(READERS)


@pytest.mark.parametrize("least", [{"epochs": 1}, {"image_size": 8}, {"time_limit": 1e-9}])
def test_the_least_is_allowed(least):
    TrainingOptions(target="sort", **least)
