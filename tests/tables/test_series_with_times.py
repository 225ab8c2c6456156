"""The column of times in the files of a column of series."""

import numpy as np
import pandas as pd
import pytest

from keras_multimodal import tables
from keras_multimodal.data import TableProcessor
from keras_multimodal.schema import Schema
from keras_multimodal.tables.columns import column_kinds, make_columns

STEPS = np.arange(12)


def table_of(tmp_path, write):
    for row in range(6):
        frame = write(row)
        frame.to_csv(tmp_path / f"{row}.csv", index=False)
    frame = pd.DataFrame({"walk": [f"{row}.csv" for row in range(6)] * 4, "ok": ["a", "b"] * 12})
    frame["n"] = range(24)
    return tables.Table.from_dataframe(frame, directory=tmp_path)


def column_of(table, schema=None):
    options = tables.TableOptions(target="ok", sensor=("walk",))
    made = make_columns(table, column_kinds(table, options), options, schema)
    return next(column for column in made if column.spec.name == "walk")


def a_series(row, times, name="time"):
    return pd.DataFrame({name: times, "x": np.sin(STEPS + row)})


@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("time", 600 * STEPS),
        ("Zeit", pd.date_range("2024-10-27", periods=12, freq="10min").strftime("%d.%m.%Y %H:%M")),
        ("when it was", pd.date_range("2024-10-27", periods=12, freq="10min").astype(str)),
    ],
)
def test_it_is_no_channel_and_orders_the_steps(tmp_path, name, times):
    def write(row):
        return a_series(row, times, name).iloc[:: -1 if row == 1 else 1].drop(index=row or [])

    column = column_of(table_of(tmp_path, write))
    assert column.spec.channels == ("x",)
    assert column.spec.sample_rate == pytest.approx(1 / 600)
    for row, values in enumerate(column.series[:6]):
        expected = np.sin(STEPS + row)
        if row:
            assert np.isnan(values[row, 0])  # the step that is left out is a gap of the grid
            values, expected = np.delete(values, row), np.delete(expected, row)
        np.testing.assert_allclose(np.ravel(values), expected, rtol=1e-6)


def test_what_repeats_is_a_channel_whatever_it_is_called(tmp_path):
    column = column_of(table_of(tmp_path, lambda row: a_series(row, STEPS // 2, "t")))
    assert (column.spec.channels, column.spec.sample_rate) == (("t", "x"), None)


def test_later_files_are_put_on_the_grid_of_training(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    spec = column_of(table_of(tmp_path / "a", lambda row: a_series(row, STEPS))).spec
    table = TableProcessor().from_dataframe(pd.DataFrame({"n": range(2)}), numeric=["n"]).spec

    def write(row):
        return a_series(row, STEPS / 2, "clock" if row == 3 else "time")

    column = column_of(table_of(tmp_path / "b", write), Schema([spec, table]))
    assert column.spec.sample_rate == 1
    np.testing.assert_allclose(column.series[0][:, 0], np.sin(STEPS[::2]), rtol=1e-6)
    assert [number for number, cell in enumerate(column.present[:6]) if not cell] == [3]
    assert "must have the columns ['time']" in next(iter(column.unreadable.values()))
