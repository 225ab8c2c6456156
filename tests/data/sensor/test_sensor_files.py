"""Files of series that are spoiled, and rows that have less than others: nothing goes unnoticed."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from keras_multimodal.data import Preprocessor, SensorProcessor, TextProcessor, pair

KEYS = ["k0", "k1", "k2", "k3", "k4", "k5", "k6"]
GOOD = "t,x,y\n0,1,5\n1,2,\n2,3,7\n"
SPOILED = {
    "k1": ("t,x,y\n0,1,5\n1,2,-inf\n2,3,inf\n", "column 'y'.*finite.*-inf in row 1, 2 in all"),
    "k2": ("t,x,y\n0,1,5,9,9\n", "cannot be read"),
    "k3": ("t,x\n0,1\n", r"must have the columns \['y'\]"),
    "k4": (None, "k4.csv' is not there"),
    "k5": ("t,x,y\n0,1,5\n0,2,6\n", "each time once"),
}


@pytest.fixture
def files(tmp_path):
    """A frame of seven files, of which the first and the last can be read."""
    for key in KEYS:
        content = SPOILED.get(key, (GOOD,))[0]
        if content is not None:
            (tmp_path / f"{key}.csv").write_text(content)
    return pd.DataFrame({"file": [str(tmp_path / f"{key}.csv") for key in KEYS]}, index=KEYS)


def load(files, **arguments):
    return SensorProcessor(standardize=False).from_dataframe(files, "file", time="t", **arguments)


def texts(keys):
    return TextProcessor(length=1, vocabulary=["x"]).load_data(dict.fromkeys(keys, "x"))


@pytest.mark.parametrize("key", list(SPOILED))
@pytest.mark.parametrize("sample_rate", [None, 1.0])
def test_a_spoiled_file_is_refused_with_its_name_and_row(files, key, sample_rate):
    error = FileNotFoundError if key == "k4" else ValueError
    processor = SensorProcessor(sample_rate=sample_rate)
    with pytest.raises(error, match=rf"(?s){key}\.csv' \(row '{key}'\) (cannot|is not)"):
        processor.from_dataframe(files.loc[["k0", key]], "file", time="t")
    if key != "k4":
        with pytest.raises(error, match=SPOILED[key][1]):
            processor.from_dataframe(files.loc[["k0", key]], "file", time="t")


@pytest.mark.parametrize("suffix", [".csv.gz", ".parquet"])
@pytest.mark.parametrize(
    "content", [b"", b"\x1f\x8b\x08\x00cut", b"PAR1 no more PAR1", b"\x00\xff"]
)
def test_spoiled_archives_are_named_too(tmp_path, suffix, content):
    (tmp_path / f"a{suffix}").write_bytes(content)
    frame = pd.DataFrame({"file": [f"a{suffix}"]}, index=["row7"])
    with pytest.raises(ValueError, match=r"a\..*\(row 'row7'\) cannot be read"):
        SensorProcessor().from_dataframe(frame, "file", tmp_path)


def test_spoiled_files_are_masked_counted_and_named(files):
    column = load(files, on_error="mask")
    assert list(column.unreadable) == list(SPOILED)
    records = pair(column, texts(KEYS))
    assert records.keys == KEYS
    report = records.report
    assert (report.rows, report.matched, report.dropped) == (7, 2, ())
    assert report.missing == {"sensor": (), "text": ()}
    assert list(report.unreadable["sensor"]) == list(SPOILED)
    assert list(report.unreadable["text"]) == []
    for key, (_, reason) in SPOILED.items():
        assert f"{key}.csv' " in report.unreadable["sensor"][key]
        assert re.search(reason, report.unreadable["sensor"][key])
    assert "unreadable sensor: 5 ('k1'" in str(report)
    assert len(json.loads(report.to_json())["unreadable"]["sensor"]) == 5
    batch = records.batch(7).get_single_element()
    assert batch["sensor_present"].numpy().tolist() == [True, *[False] * 5, True]
    assert batch["sensor_mask"].numpy().any(1).tolist() == [True, *[False] * 5, True]
    assert not batch["sensor"].numpy()[1:6].any()
    assert "text_present" not in batch


@pytest.mark.parametrize("optional", [False, True])
def test_rows_of_spoiled_files_are_dropped_counted_and_named(files, optional):
    records = pair(load(files, on_error="drop", optional=optional), texts(KEYS))
    assert records.keys == ["k0", "k6"]
    assert records.report.dropped == tuple(SPOILED)
    assert list(records.report.unreadable["sensor"]) == list(SPOILED)
    assert records.schema["sensor"].optional is optional


def test_a_row_without_a_file_is_missing_and_not_unreadable(files):
    files.loc["k6", "file"] = None
    column = load(files, on_error="drop")
    with pytest.raises(ValueError, match=r"1 lack 'sensor' \('k6'\)"):
        pair(column, texts(KEYS))
    report = pair(column, texts(KEYS), on_missing="drop").report
    assert report.missing["sensor"] == ("k6",)
    assert "k6" not in report.unreadable["sensor"]
    assert report.dropped == (*SPOILED, "k6")


def test_windows_know_what_could_not_be_read(files):
    windows = load(files, on_error="drop").windows(2, 1)
    assert windows.keys == [("k0", 0), ("k0", 1), ("k6", 0), ("k6", 1)]
    rows = [(key, number) for key in KEYS for number in range(2)]
    records = pair(windows, texts(rows))
    assert records.keys == windows.keys
    assert list(records.report.unreadable["sensor"]) == list(SPOILED)
    assert records.report.dropped == tuple(row for row in rows if row[0] in SPOILED)


def test_each_spoiled_file_of_a_key_that_repeats_is_named(files):
    files.index = ["a", "a", "a", "b", "c", "d", "d"]
    column = load(files, on_error="drop")
    assert "k1.csv" in column.unreadable["a"]
    assert "k2.csv" in column.unreadable["a"]
    report = pair(column, on_duplicates="expand").report
    assert (report.rows, len(report.dropped)) == (2, 5)
    assert pair(column, on_duplicates="sample").keys == ["a", "d"]


def test_nothing_but_spoiled_files_is_refused(files):
    with pytest.raises(ValueError, match=r"at least one series.*none, and 5 that.*k1\.csv'"):
        load(files.loc[list(SPOILED)], channels=["x", "y"], on_error="mask")
    with pytest.raises(ValueError, match="`on_error` must be 'raise', 'mask' or 'drop'"):
        load(files, on_error="ignore")


def test_the_first_file_that_can_be_read_says_what_the_channels_are(files):
    column = load(files.loc[["k1", "k3", "k0"]], on_error="mask")
    assert column.spec.channels == ("x",)
    assert list(column.unreadable) == ["k1"]


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e39])
def test_infinite_values_are_never_taken_for_gaps(value):
    data = {"a": np.array([[0.0, 0.0], [0.0, value], [2.0, 0.0]])}
    for processor, times in (
        (SensorProcessor(), None),
        (SensorProcessor(sample_rate=1), {"a": [0.0, 1.0, 2.0]}),
    ):
        with pytest.raises(ValueError, match="at step 1 of channel 'y' in row 'a'"):
            processor.load_arrays(data, times, channels=["x", "y"])
        with pytest.raises(ValueError, match="at step 1 of channel '1' in row 'a'"):
            processor.load_arrays(data, times)
        table = pd.DataFrame({"id": "a", "t": range(3), "y": data["a"][:, 1]}, index=list("pqr"))
        with pytest.raises(ValueError, match=r"column 'y' must hold finite.* in row 'q', 1 in all"):
            processor.load_table(table, "id", ["y"], "t")
    with pytest.raises(ValueError, match=r"a time for each step. Received: inf in row 'a'"):
        SensorProcessor(sample_rate=1).load_arrays({"a": [[1.0]]}, {"a": [np.inf]})


def test_presence_and_masks_of_uneven_rows():
    """Rows of other lengths, without a channel, without any value, and at another rate."""
    nan = np.nan
    frames = {
        "full": {"t": [0, 1, 2, 3], "x": [1, 2, 3, 4], "y": [5, 6, 7, 8]},
        "short": {"t": [0, 1], "x": [1, 2], "y": [5, nan]},
        "no y": {"t": [0, 1, 2], "x": [1, nan, 3], "y": [nan, nan, nan]},
        "nothing": {"t": [0, 1, 2], "x": [nan, nan, nan], "y": [nan, nan, nan]},
        "slow": {"t": [0, 2], "x": [1, 3], "y": [nan, 7]},
        "fast": {"t": [0, 0.5, 1, 1.5], "x": [1, 9, 2, 9], "y": [nan, nan, nan, nan]},
        "late": {"t": [0, 1, 2, 3, 4, 5], "x": [nan] * 5 + [6], "y": [nan] * 6},
        "long": {"t": range(9), "x": range(9), "y": [nan] * 4 + [1] * 5},
    }
    table = pd.concat([pd.DataFrame(steps).assign(id=key) for key, steps in frames.items()])
    processor = SensorProcessor(length=4, sample_rate=1, indicators=True, standardize=False)
    column = processor.load_table(table, "id", ["x", "y"], "t", optional=True)
    records = pair(column, texts(frames))
    batch = records.batch(8).get_single_element()
    row = {key: number for number, key in enumerate(records.keys)}
    valid = {  # of x and y at 0, 1, 2 and 3 s
        "full": ("1111", "1111"),
        "short": ("1100", "1000"),
        "no y": ("1010", "0000"),
        "nothing": ("0000", "0000"),
        "slow": ("1110", "0010"),
        "fast": ("1100", "0000"),
        "late": ("0000", "0000"),
        "long": ("1111", "0000"),
    }
    for key, channels in valid.items():
        expected = np.array([[int(each) for each in steps] for steps in channels]).T
        found = batch["sensor"].numpy()[row[key]]
        np.testing.assert_array_equal(found[:, 2:], expected, key)
        assert not found[:, :2][expected == 0].any(), key
        np.testing.assert_array_equal(batch["sensor_mask"][row[key]], expected.any(1), key)
        assert batch["sensor_present"][row[key]] == expected.any(), key
    x = batch["sensor"].numpy()[..., 0]
    assert x[row["slow"]].tolist() == [1, 2, 3, 0]
    assert x[row["fast"]].tolist() == [1, 2, 0, 0]
    assert x[row["long"]].tolist() == [0, 1, 2, 3]
    assert records.report.missing["sensor"] == ("nothing", "late")
    # The exported model is sent what lies on the grid, and takes it alike.
    raw = np.full((8, 9, 2), np.nan, "float32")
    for key in frames:
        steps = frames[key]
        on_grid = np.stack([steps["x"], steps["y"]], 1)
        if key in ("slow", "fast"):
            on_grid = column.series[column.keys.index(key)]
        raw[row[key], : len(on_grid)] = on_grid
    served = Preprocessor(records.schema)({"sensor": raw, "text": ["x"] * 8})
    for name in ("sensor", "sensor_mask", "sensor_present"):
        np.testing.assert_array_equal(served[name], batch[name], name)


def test_a_row_without_a_value_in_what_is_kept_is_missing():
    data = {"a": np.ones((6, 1)), "b": np.array([[np.nan]] * 4 + [[1.0]] * 2)}
    column = SensorProcessor(length=3, standardize=False).load_arrays(data)
    with pytest.raises(ValueError, match=r"1 lack 'sensor' \('b'\)"):
        pair(column)
    windows = column.windows(3)
    assert windows.present.tolist() == [True, True, False, True]


def test_what_is_none_is_a_gap_and_what_is_no_number_is_named():
    data, times = {"a": [[1.0], [None], [3.0]]}, {"a": [0.0, 1.0, 2.0]}
    for column in (
        SensorProcessor().load_arrays(data),
        SensorProcessor(sample_rate=1).load_arrays(data, times),
    ):
        np.testing.assert_array_equal(column.series[0], [[1.0], [np.nan], [3.0]])
    for wrong in ([["x"], [1.0]], [[1.0], [1.0, 2.0]]):
        with pytest.raises(ValueError, match=r"`data` must hold numbers.*in row 'a'"):
            SensorProcessor().load_arrays({"a": wrong})
    for shape in ((), (2, 3, 1)):
        with pytest.raises(ValueError, match=r"shape \(time, channels\) or \(time,\).*row 'a'"):
            SensorProcessor(sample_rate=1).load_arrays({"a": np.ones(shape)}, times)


def test_no_value_in_any_row():
    column = SensorProcessor(standardize=False).load_arrays([np.full((3, 2), np.nan), None])
    assert column.present.tolist() == [False, False]
    with pytest.raises(ValueError, match="2 lack 'sensor'"):
        pair(column)
    with pytest.raises(ValueError, match="no more than the longest series has, 0"):
        column.windows(2)
    with pytest.raises(ValueError, match=r"none of \['0', '1'\]"):
        SensorProcessor().load_arrays([np.full((3, 2), np.nan)]).adapt()


@pytest.mark.parametrize(("ending", "sign"), [("tsv", "\t"), ("csv", ";"), ("csv", "\t")])
def test_cells_may_be_separated_as_those_of_a_table(ending, sign, tmp_path):
    (tmp_path / f"a.{ending}").write_text(GOOD.replace(",", sign))
    files = pd.DataFrame({"file": [str(tmp_path / f"a.{ending}")]}, index=["a"])
    column = load(files)
    assert column.spec.channels == ("x", "y")
    values = pair(column).batch(1).get_single_element()["sensor"].numpy()[0]
    np.testing.assert_array_equal(values[:3], [[1, 5], [2, 0], [3, 7]])
