"""Windows: a part of what is there, by steps or seconds, with the label of their steps."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from keras_multimodal.data import SensorColumn, SensorProcessor, pair
from keras_multimodal.schema import Sensor

PLAIN = {"standardize": False}


def ramp(steps, rate=None):
    """A column of one recording, "a", whose values count its steps."""
    processor = SensorProcessor(sample_rate=rate, standardize=False)
    return processor.load_arrays({"a": np.arange(float(steps))[:, None]})


def test_windows_that_overlap_are_not_copied(rng):
    column = SensorProcessor().load_arrays(rng.normal(size=(4, 25_000, 4)).astype("float32"))
    tracemalloc.start()
    windows = column.windows(512, hop_steps=8)
    train, test = pair(windows).split(test=0.5)
    for part in (train, test):
        next(iter(part.batch(8, training=True)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    copies = len(windows) * 512 * 4 * 4
    assert copies > 95e6
    assert peak < copies / 4
    whole = column.series[0]
    assert np.shares_memory(windows.series[0], whole)
    assert np.shares_memory(windows.windows(100, 50).series[3], whole)
    assert not whole.flags.writeable  # what all rows share


def test_batches_hold_the_windows_that_the_keys_name(rng):
    lengths = {"a": 40, "b": 33, "c": 5, "d": 26}
    data = {key: rng.normal(size=(steps, 2)).astype("float32") for key, steps in lengths.items()}
    windows = SensorProcessor(**PLAIN).load_arrays(data).windows(8, 3, partial=True)
    records = pair(windows)
    assert windows.uncovered_steps == 0
    for cache in (False, True):
        batch = records.batch(len(records), cache=cache).get_single_element()
        for row, (key, number) in enumerate(records.keys):
            steps = data[key][3 * number : 3 * number + 8]
            np.testing.assert_array_equal(batch["sensor"][row, : len(steps)], steps)
            assert batch["sensor_mask"][row].numpy().tolist() == [s < len(steps) for s in range(8)]


@pytest.mark.parametrize("hop", [1, 4, 7])
@pytest.mark.parametrize("partial", [False, True])
def test_uncovered_steps_are_counted(hop, partial):
    windows = SensorProcessor(**PLAIN).load_arrays([np.ones((n, 1)) for n in (4, 11, 20)])
    windows = windows.windows(4, hop, partial)
    seen = {
        (row, hop * number + step)
        for (row, number), values in zip(windows.keys, windows.series, strict=True)
        for step in range(len(values))
    }
    assert windows.uncovered_steps == 4 + 11 + 20 - len(seen)


def test_statistics_count_a_step_once_for_each_window_that_has_it(rng):
    data = rng.normal(3, 2, size=(2, 30, 2)).astype("float32")
    data[0, 4:9, 1] = np.nan
    windows = SensorProcessor().load_arrays(data).windows(10, 3).adapt()
    every = np.concatenate(windows.series)
    np.testing.assert_allclose(windows.spec.mean, np.nanmean(every, 0, "float64"), rtol=1e-6)
    np.testing.assert_allclose(windows.spec.std, np.nanstd(every, 0, "float64"), rtol=1e-6)


def test_windows_of_windows_belong_to_the_recording():
    column = SensorProcessor(**PLAIN).load_arrays({key: np.ones((20, 1)) for key in "abcd"})
    inner = column.windows(10).windows(5)
    assert inner.keys[:2] == [(("a", 0), 0), (("a", 0), 1)]
    assert set(inner.recordings().values()) == set("abcd")
    assert inner.group_of((("a", 0), 1)) == "a"
    assert inner.group_of("none of them") == "none of them"
    train, test = pair(inner).split(test=0.5)
    parts = [{inner.recordings()[key] for key in part.keys} for part in (train, test)]
    assert parts[0].isdisjoint(parts[1])
    labels = {key: [key] * 20 for key in "abcd"}
    assert inner.window_labels(labels).tolist() == [key for (key, _), _ in inner.keys]


def test_seconds_become_the_nearest_steps():
    column = ramp(100, rate=50.0)
    assert column.windows(seconds=0.5, hop_seconds=0.25).keys == column.windows(25, 12).keys
    assert column.windows(seconds=0.5).keys == column.windows(25).keys
    assert column.windows(seconds=0.512, hop_steps=13).spec.length == 26
    starts = [values[0, 0] for values in column.windows(20, hop_seconds=0.9).series]
    assert starts == [0, 45]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ValueError, "Exactly one of `steps` and `seconds`.*neither"),
        ({"steps": 3, "seconds": 1.0}, ValueError, "Only one of `steps` and `seconds`"),
        (
            {"steps": 3, "hop_steps": 1, "hop_seconds": 1.0},
            ValueError,
            "Only one of `hop_steps` and `hop_sec",
        ),
        ({"seconds": 0.009}, ValueError, r"at least one step, which is 0.02 s.*seconds=0.009"),
        ({"seconds": float("inf")}, ValueError, "`seconds` must be at least one step"),
        ({"seconds": float("nan")}, ValueError, "`seconds` must be at least one step"),
        ({"steps": 3, "hop_seconds": -1.0}, ValueError, "`hop_seconds` must be at least one step"),
        ({"steps": 0}, ValueError, "`steps` must be at least 1"),
        ({"steps": 3, "hop_steps": 0}, ValueError, "`hop_steps` must be at least 1"),
        ({"steps": 2.5}, TypeError, "`steps` must be a whole number of steps.*2.5"),
        ({"seconds": "1"}, TypeError, "`seconds` must be a number.*'1'"),
        ({"seconds": 3.0}, ValueError, "no more than the longest series has.*steps=150"),
    ],
)
def test_windows_that_make_no_sense_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        ramp(100, rate=50.0).windows(**arguments)


def test_seconds_need_a_sample_rate():
    with pytest.raises(ValueError, match=r"`seconds` must go with a sample rate.*sample_rate="):
        ramp(100).windows(seconds=1.0)


@pytest.fixture
def table():
    """Two recordings of ten and six steps, a row each, in no order."""
    frame = pd.DataFrame(
        {
            "id": ["a"] * 10 + ["b"] * 6,
            "t": [*np.arange(10) / 10, *np.arange(6) / 10],
            "x": np.arange(16.0),
            "what": [*"rrrwwwwrrr", "w", None, "r", None, None, None],
            "fall": [False] * 6 + [True] + [False] * 9,
        }
    )
    return frame.sample(frac=1, random_state=1)


def load(table, label, **arguments):
    processor = SensorProcessor(standardize=False, **arguments)
    return processor.load_table(table, "id", ["x"], "t", label=label).windows(4, 2)


@pytest.mark.parametrize("arguments", [{}, {"sample_rate": 10.0}])
def test_a_column_of_labels_becomes_one_for_each_window(table, arguments):
    windows = load(table, "what", **arguments)
    order = [("a", 0), ("a", 1), ("a", 2), ("a", 3), ("b", 0), ("b", 1)]

    def by_key(labels):
        return [labels.to_dict()[key] for key in order]

    assert sorted(windows.keys) == order
    # a: rrrw rwww wwwr wrrr; b: w-r- (of equals the first) r---
    assert by_key(windows.window_labels()) == ["r", "w", "w", "r", "w", "r"]
    assert by_key(windows.window_labels(rule="last")) == ["w", "w", "r", "r", "r", "r"]
    falls = load(table, "fall", **arguments).window_labels(rule="any")
    assert by_key(falls) == [False, False, True, True, False, False]
    records = pair(windows, labels=windows.window_labels())
    _, labels = records.batch(6).get_single_element()
    found = dict(zip(records.keys, labels.numpy(), strict=True))
    assert [records.target.classes[found[key]] for key in order] == ["r", "w", "w", "r", "w", "r"]


def test_labels_stay_with_their_steps_on_a_finer_grid():
    table = pd.DataFrame(
        {
            "id": "a",
            "t": [0.0, 1.0, 2.0, 6.0, 7.0],
            "x": [0.0, 1.0, 2.0, 6.0, 7.0],
            "stage": [0, 0, 1, 2, 2],
        }
    )
    processor = SensorProcessor(sample_rate=4, standardize=False)
    windows = processor.load_table(table, "id", ["x"], "t", label="stage").windows(1)
    labels = windows.window_labels().tolist()
    # Halfway, the earlier step's; between 2 s and 6 s nothing was measured.
    assert labels == [0] * 7 + [1] * 2 + [None] * 15 + [2] * 5
    assert labels == [
        None if values is None else label
        for label, values in zip(labels, windows.series, strict=True)
    ]


def test_windows_without_a_label_are_left_out_and_classes_keep_their_names(table):
    table["number"] = np.where(table["what"] == "w", 1, 0)
    table.loc[table["id"] == "b", "number"] = None
    windows = load(table, "number")
    labels = windows.window_labels()
    assert labels["b", 1] is None
    records = pair(windows, labels=labels, on_missing="drop")
    assert records.report.unlabeled == records.report.dropped
    assert set(records.report.dropped) == {("b", 0), ("b", 1)}
    stages = pd.DataFrame({"id": "a", "x": 1.0, "stage": [1, 1, 2, 2, 1, 1]})
    column = SensorProcessor().load_table(stages, "id", ["x"], label="stage").windows(2)
    assert pair(column, labels=column.window_labels()).target.classes == ("1", "2")


def test_labels_in_files(tmp_path):
    for key, labels in (("a", "rrww"), ("b", "wwrr")):
        frame = pd.DataFrame({"t": [0, 1, 2, 3], "x": 1.0, "y": 2.0, "what": list(labels)})
        frame.sample(frac=1, random_state=2).to_csv(tmp_path / f"{key}.csv", index=False)
    listed = pd.DataFrame({"file": ["a.csv", None, "b.csv"]}, index=["a", "c", "b"])
    column = SensorProcessor().from_dataframe(listed, "file", tmp_path, time="t", label="what")
    assert column.spec.channels == ("x", "y")
    windows = column.windows(2)
    expected = {("a", 0): "r", ("a", 1): "w", ("b", 0): "w", ("b", 1): "r"}
    assert windows.window_labels().to_dict() == expected


def test_a_label_rule_that_makes_no_sense_is_refused(table):
    windows = load(table, "what")
    with pytest.raises(ValueError, match=r"labels that are true or false.*the label '[rw]'"):
        windows.window_labels(rule="any")
    with pytest.raises(ValueError, match="`rule` must be 'majority', 'last' or 'any'"):
        windows.window_labels(rule="first")
    with pytest.raises(ValueError, match="`labels` must be given, or a column"):
        ramp(8).windows(2).window_labels()
    with pytest.raises(ValueError, match="`label` must name a column"):
        load(table, "which")


def test_step_labels_must_be_as_many_as_steps():
    spec = Sensor(channels=("x",), length=3)
    with pytest.raises(ValueError, match=r"`step_labels`.*2 for the 3 steps of row 'a'"):
        SensorColumn(spec, ["a"], [np.ones((3, 1))], "an array", step_labels=[[0, 1]])
