"""From a table to records in parts, and what is found on the way."""

import numpy as np
import pandas as pd
import pytest

from keras_multimodal import tables
from keras_multimodal.errors import ArgumentError


def test_a_table_without_validation_rows_gives_up_some_for_training(table):
    frame = pd.read_csv(table, dtype={"code": str})
    frame["part"] = np.where(frame.index < 40, "train", "test")
    frame["house"] = frame.index // 4
    frame.to_csv(table, index=False)
    options = tables.TableOptions(
        target="sort", text=("note",), only=True, split="part", group="house"
    )
    prepared = tables.prepare(tables.read(table), options)
    records, parts = prepared.records, prepared.parts.records
    test = set(range(41, 61))
    assert set(parts["test"].keys) == test
    assert len(parts["validation"]) == pytest.approx(0.15 * 39, abs=4)
    assert set(parts["validation"].keys) | set(parts["training"].keys) == set(records.keys) - test
    houses = [
        {str((row - 1) // 4) for row in parts[name].keys} for name in ("training", "validation")
    ]
    assert houses[0].isdisjoint(houses[1])
    assert set(prepared.parts.groups["training"]) == houses[0]
    for part in parts.values():
        assert part.schema == parts["training"].schema


def test_findings_are_told_as_they_are_found(table):
    found = []
    options = tables.TableOptions(target="sort", text=("note",), only=True)
    prepared = tables.prepare(tables.read(table), options, found.append)
    assert found == [prepared.columns, prepared.repeats, prepared.rows, prepared.parts]
    assert "  sort: target, classification (2 different strings in 59 cells)" in str(found[0])
    assert "1 of 60 rows have no target and are left out (9)" in str(found[2])
    assert str(found[3]).endswith(" rows")


def test_of_a_wide_table_only_some_columns_are_said():
    numbers = np.random.default_rng(0).normal(size=(40, 25))
    frame = pd.DataFrame(numbers, columns=[f"sensor {n}" for n in range(25)])
    table = tables.Table.from_dataframe(frame.assign(fault=frame["sensor 3"] > 0))
    found = tables.examine(table, tables.TableOptions(target="fault"))
    assert len(found.kinds) == 25
    assert "sensor 19: number" in str(found)
    assert "sensor 20" not in str(found)
    assert "and 5 more columns: number" in str(found)


def test_without_a_target_there_is_nothing_to_learn(table):
    found = tables.examine(tables.read(table), tables.TableOptions(), strict=False)
    assert (found.task.name, found.task.column) == ("", None)
    assert found.task.rows.all()


@pytest.mark.parametrize(
    ("options", "argument", "problem"),
    [
        ({"task": "retrieval", "text": ("note",), "only": True}, "task", r"Received: \['note'\]"),
        ({"target": "sort", "split": "colour"}, "split", "'brown'|'black'|'white'"),
        ({"target": "sort", "only": True}, "table", "something can be learned of"),
    ],
)
def test_what_is_wrong_is_named(table, options, argument, problem):
    with pytest.raises(ArgumentError, match=problem) as caught:
        tables.prepare(tables.read(table), tables.TableOptions(**options))
    assert caught.value.argument == argument
