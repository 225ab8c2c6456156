"""Series with gaps: what is there is kept, what isn't is masked, and nothing is made up."""

import io
import zipfile

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_multimodal import tasks
from keras_multimodal.data import (
    Preprocessor,
    SensorProcessor,
    TextProcessor,
    pair,
)
from keras_multimodal.data.sensor.regular_grid import regular_grid
from keras_multimodal.export import saved_model, serve_in_fresh_process
from keras_multimodal.schema import ClassTarget, Schema, Sensor


def series(rng, rows=8, channels=3, longest=20):
    """Series of different lengths, with gaps."""
    found = {}
    for row in range(rows):
        values = rng.normal(3, 2, (rng.integers(5, longest + 1), channels))
        values[rng.random(values.shape) < 0.2] = np.nan
        values[0] = 1.0  # so that there is something
        found[f"k{row}"] = values
    return found


def single(column, **options):
    return pair(column).batch(len(column), **options).get_single_element()


def test_values_are_standardised_and_gaps_masked(rng):
    data = series(rng)
    column = SensorProcessor(length=12, indicators=True).load_arrays(data).adapt()
    cut = {key: values[:12] for key, values in data.items()}
    every = np.concatenate(list(cut.values()))
    np.testing.assert_allclose(column.spec.mean, np.nanmean(every.astype("float32"), 0), rtol=1e-6)
    np.testing.assert_allclose(column.spec.std, np.nanstd(every.astype("float32"), 0), rtol=1e-6)
    batch = single(column)
    assert batch["sensor"].shape == (8, 12, 6)
    for row, values in enumerate(cut.values()):
        valid = np.zeros((12, 3), bool)
        valid[: len(values)] = np.isfinite(values)
        expected = np.zeros((12, 3))
        expected[: len(values)] = np.nan_to_num((values - column.spec.mean) / column.spec.std)
        np.testing.assert_allclose(batch["sensor"][row, :, :3], expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(batch["sensor"][row, :, 3:], valid)
        np.testing.assert_array_equal(batch["sensor_mask"][row], valid.any(-1))
    assert column.truncated == sum(len(values) > 12 for values in data.values())


def test_statistics_are_those_of_the_training_rows():
    data = {row: np.full((4, 1), row, "float32") for row in range(20)}
    train, test = pair(SensorProcessor().load_arrays(data)).split(test=0.5)
    assert train.schema["sensor"].mean == (np.mean(train.keys),)
    assert test.schema == train.schema


def test_constant_and_empty_channels():
    column = SensorProcessor().load_arrays([np.array([[5.0, np.nan], [5.0, np.nan]])])
    with pytest.raises(ValueError, match=r"none of \['1'\]. Leave them out"):
        column.adapt()
    constant = SensorProcessor().load_arrays([np.full((3, 1), 5.0)]).adapt()
    assert constant.spec.std == (1.0,)
    np.testing.assert_array_equal(single(constant)["sensor"], np.zeros((1, 3, 1)))


def test_a_row_without_a_series_is_absent():
    data = {"a": np.ones((3, 2)), "b": None, "c": np.full((3, 2), np.nan)}
    column = SensorProcessor(standardize=False).load_arrays(data, optional=True)
    other = TextProcessor(length=1, vocabulary=["x"]).load_data(dict.fromkeys("abc", "x"))
    batch = pair(column, other).batch(3).get_single_element()
    assert batch["sensor_present"].numpy().tolist() == [True, False, False]
    assert not batch["sensor_mask"].numpy()[1:].any()
    assert not batch["sensor"].numpy()[1:].any()


@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
def test_irregular_times_come_onto_the_grid(interpolation, rng):
    times = np.sort(rng.uniform(0, 10, 80))
    values = np.stack([2 * times + 1, np.sin(times)], 1)
    found = regular_grid(times, values, 20.0, 100.0, interpolation)
    grid = times[0] + np.arange(len(found)) / 20
    if interpolation == "linear":
        np.testing.assert_allclose(found[:, 0], 2 * grid + 1, rtol=1e-5)
    else:
        nearest = np.abs(grid[:, None] - times).argmin(1)
        np.testing.assert_allclose(found[:, 1], np.sin(times)[nearest], rtol=1e-5)
    assert grid[-1] <= times[-1] < grid[-1] + 1 / 20 + 1e-9


def test_rows_without_a_series_need_no_times():
    column = SensorProcessor(sample_rate=2.0).load_arrays(
        {"a": [[1.0], [3.0]], "b": None, "c": np.zeros((0, 1))}, {"a": [0.0, 1.0], "c": []}
    )
    assert column.present.tolist() == [True, False, False]
    np.testing.assert_allclose(column.series[0], [[1], [2], [3]])


def test_a_gap_is_not_bridged_and_order_does_not_matter(rng):
    times = np.array([0.0, 0.1, 0.2, 0.9, 1.0])
    values = np.arange(5.0)[:, None]
    found = regular_grid(times, values, 10.0, 0.15)
    np.testing.assert_allclose(found[:, 0], [0, 1, 2, *[np.nan] * 6, 3, 4], atol=1e-6)
    order = rng.permutation(5)
    np.testing.assert_array_equal(regular_grid(times[order], values[order], 10.0, 0.15), found)


def test_seconds_since_1970_lose_nothing(rng):
    times = np.round(1.7e9 + np.delete(np.arange(100) / 50, range(40, 60)), 3)
    values = rng.normal(size=(80, 1))
    found = regular_grid(times, values, 50.0, 0.03)
    expected = np.full((100, 1), np.nan)
    expected[np.r_[0:40, 60:100]] = values
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_a_finer_grid_is_filled_between_regular_measurements():
    times, values = np.delete(np.arange(20.0), [8, 9, 10]), np.delete(np.arange(20.0), [8, 9, 10])
    column = SensorProcessor(sample_rate=10).load_arrays({"a": values[:, None]}, {"a": times})
    there = np.isfinite(column.series[0][:, 0])
    assert there[:71].all()
    assert not there[71:110].any()  # between 7 s and 11 s there is a gap
    assert there[110:].all()


def test_a_ragged_file_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("t,v\n0,5,9\n1,6,9\n")
    frame = pd.DataFrame({"file": ["a.csv"]}, index=["row7"])
    with pytest.raises(ValueError, match=r"a\.csv' \(row 'row7'\) cannot be read"):
        SensorProcessor().from_dataframe(frame, "file", tmp_path, time="t")


def test_long_tables_files_and_arrays_agree(tmp_path, rng):
    data = {key: values.round(3) for key, values in series(rng, 4).items()}
    times = {key: rng.permutation(len(values)) / 10 for key, values in data.items()}
    frames = [
        pd.DataFrame(values, columns=["x", "y", "z"]).assign(id=key, t=times[key])
        for key, values in data.items()
    ]
    processor = SensorProcessor(length=20, sample_rate=10)
    arrays = processor.load_arrays(data, times, channels=["x", "y", "z"])
    table = pd.concat(frames).sample(frac=1, random_state=0)
    long = processor.load_table(table, "id", ["x", "y", "z"], "t")
    for frame, key in zip(frames, data, strict=True):
        steps = frame.drop(columns="id")
        if key == "k0":
            steps.to_parquet(tmp_path / "k0.parquet")
        else:
            steps.to_csv(tmp_path / f"{key}.csv", index=False)
    listed = pd.DataFrame(
        {"file": [f"{key}.{'parquet' if key == 'k0' else 'csv'}" for key in data]}, index=list(data)
    )
    files = processor.from_dataframe(listed, "file", tmp_path, time="t")
    assert files.spec == long.spec == arrays.spec
    for other in (long, files):
        for key in data:
            np.testing.assert_allclose(
                other.series[other.keys.index(key)],
                arrays.series[arrays.keys.index(key)],
                rtol=1e-5,
            )


def test_timestamps_count_in_seconds():
    frame = pd.DataFrame(
        {"id": "a", "at": pd.date_range("2026-01-01", periods=4, freq="500ms"), "v": range(4)}
    )
    column = SensorProcessor(sample_rate=2).load_table(frame, "id", ["v"], "at")
    assert column.series[0][:, 0].tolist() == [0, 1, 2, 3]


def test_windows_cover_what_they_say_and_stay_together(rng):
    data = {key: np.arange(n, dtype="float32")[:, None] for key, n in (("a", 10), ("b", 7))}
    column = SensorProcessor(standardize=False).load_arrays(data)
    windows = column.windows(steps=4, hop_steps=3)
    assert windows.keys == [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1)]
    assert [values[0, 0] for values in windows.series] == [0, 3, 6, 0, 3]
    assert windows.spec.length == 4
    assert windows.uncovered_steps == 0
    assert column.windows(4, 4).uncovered_steps == 2 + 3
    assert len(column.windows(4, 4, partial=True)) == 3 + 2
    labels = {"a": [0, 0, 0, 1, 1, 1, 1, 0, 0, 0], "b": [0] * 6 + [1]}
    assert windows.window_labels(labels).tolist() == [0, 1, 0, 0, 0]
    assert windows.window_labels(labels, "last").tolist() == [1, 1, 0, 0, 1]
    assert windows.window_labels(labels, "any").tolist() == [True, True, True, False, True]
    many = SensorProcessor().load_arrays({row: rng.normal(size=(30, 1)) for row in range(12)})
    cut = many.windows(10, 5)
    train, test = pair(cut).split(test=0.25)
    assert {key for key, _ in train.keys}.isdisjoint(key for key, _ in test.keys)
    with pytest.raises(ValueError, match="for the 4 steps of 'a'"):
        windows.window_labels({"a": [1, 2, 3]})
    with pytest.raises(ValueError, match="no more than the longest"):
        column.windows(11)


def test_changes_are_random_bounded_and_the_same_for_any_number_of_threads(rng):
    data = rng.normal(size=(64, 50, 4))
    data[:, 40:] = np.nan
    processor = SensorProcessor(jitter=0.1, scaling=0.2, time_warp=0.1, channel_drop=0.3)
    records = pair(processor.load_arrays(data)).adapt()
    plain = records.batch(64).get_single_element()
    options = {"training": True, "shuffle": False}
    changed = next(iter(records.batch(64, **options)))
    dropped = ~changed["sensor"].numpy().any(axis=1)  # (rows, channels)
    assert 0.15 < dropped.mean() < 0.4
    assert not dropped.all(1).any()
    assert np.isfinite(changed["sensor"]).all()
    assert (changed["sensor"].numpy() != plain["sensor"].numpy()).any(axis=(1, 2)).all()
    for threads in (1, 4):
        again = next(iter(records.batch(64, num_parallel_calls=threads, **options)))
        tf.nest.map_structure(np.testing.assert_array_equal, again, changed)


@pytest.mark.parametrize("jitter", [0.0, 1.0])
def test_changes_are_made_in_training_only(jitter):
    processor = SensorProcessor(standardize=False, jitter=jitter)
    column = processor.load_arrays({"a": np.ones((50, 1))})
    values = single(column, training=True, seed=0)["sensor"].numpy()
    assert (values != 1).any() == (jitter > 0)
    assert (single(column)["sensor"].numpy() == 1).all()


def test_jitter_has_the_deviation_asked_for(rng):
    data = rng.normal(5, 3, size=(40, 50, 2))
    records = pair(SensorProcessor(jitter=0.5).load_arrays(data)).adapt()
    plain = records.batch(40).get_single_element()["sensor"].numpy()
    noise = next(iter(records.batch(40, training=True, shuffle=False)))["sensor"].numpy() - plain
    assert abs(noise.mean()) < 0.03
    assert abs(noise.std() - 0.5) < 0.03


def test_a_warp_keeps_the_ends_and_the_order():
    data = np.tile(np.arange(50.0)[None, :, None], (30, 1, 1))
    column = SensorProcessor(standardize=False, time_warp=0.2).load_arrays(data)
    warped = next(iter(pair(column).batch(30, training=True)))["sensor"].numpy()[..., 0]
    np.testing.assert_allclose(warped[:, [0, -1]], [[0, 49]] * 30, atol=1e-3)
    assert (np.diff(warped, axis=1) > 0).all()
    assert np.abs(warped - np.arange(50)).max() > 5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SensorProcessor(jitter=-1), "`jitter` must be at least 0"),
        (lambda: SensorProcessor(time_warp=0.3), r"`time_warp` must be in \[0, 0.3\)"),
        (lambda: SensorProcessor(max_gap=1), "come with `sample_rate`"),
        (
            lambda: SensorProcessor(interpolation="cubic"),
            "`interpolation` must be 'linear' or 'nearest'.*'cubic'",
        ),
        (lambda: SensorProcessor().load_arrays([]), "at least one series"),
        (
            lambda: SensorProcessor().load_arrays([np.ones((3, 2)), np.ones((3, 1))]),
            r"shape \(time, 2\).*\(3, 1\) in row 1",
        ),
        (
            lambda: SensorProcessor().load_arrays({"a": [[1.0], [np.inf]]}, channels=["x"]),
            "inf at step 1 of channel 'x' in row 'a'",
        ),
        (
            lambda: SensorProcessor().load_arrays([np.ones((2, 1))], {0: [0.0, 1.0]}),
            "`sample_rate` must be given",
        ),
        (
            lambda: SensorProcessor(sample_rate=1).load_arrays([np.ones((2, 1))], {0: [0.0, 0.0]}),
            "each time once.*0.0 s more than once in row 0",
        ),
        (
            lambda: SensorProcessor(sample_rate=1).load_arrays({"a": np.ones((2, 1))}, {}),
            "`times` must have those of each series. Received: none of 'a'",
        ),
        (
            lambda: SensorProcessor(sample_rate=1).load_arrays({"a": np.ones((2, 1))}, {"a": [0]}),
            r"`data` must have a time for each step.*\(1,\) times for the 2 steps of row 'a'",
        ),
        (
            lambda: Preprocessor(Schema([Sensor(channels=("x",), length=3)])),
            "Sensor 'sensor' has no statistics yet",
        ),
        (
            lambda: SensorProcessor().load_table(pd.DataFrame({"k": [1], "v": ["x"]}), "k", ["v"]),
            "column 'v' must hold numbers.*'x' in row 0",
        ),
        (
            lambda: SensorProcessor().load_arrays([np.ones((2, 1))]).window_labels({}),
            "what `windows",
        ),
        (lambda: Sensor(channels=("a", "a"), length=3), "`channels` must be names that differ"),
        (lambda: Sensor(channels=("a",), length=3, std=(0.0,)), "`std` must be above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("content", ["t,v\n0,x\n", ""])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    (tmp_path / "a.csv").write_text(content)
    frame = pd.DataFrame({"file": ["a.csv"]}, index=["row7"])
    with pytest.raises(ValueError, match=r"a\.csv.*row7|row 0"):
        SensorProcessor().from_dataframe(frame, "file", tmp_path, time="t")
    with pytest.raises(FileNotFoundError, match=r"b\.csv' \(row 'row7'\) is not there"):
        SensorProcessor().from_dataframe(frame.replace("a.csv", "b.csv"), "file", tmp_path)


def test_the_exported_model_takes_numbers_with_gaps(tmp_path, rng):
    data = series(rng, 6)
    data["k5"] = None
    column = SensorProcessor(length=12, indicators=True).load_arrays(data, optional=True)
    other = TextProcessor(length=1).load_data(dict.fromkeys(data, "x"))
    records = pair(column, other, labels=[0, 1] * 3).adapt()
    schema = records.schema
    assert Schema.from_json(schema.to_json()) == schema
    inputs = tasks.inputs(schema)
    flat = keras.layers.Flatten()(inputs["sensor"])
    mask = keras.ops.cast(inputs["sensor_mask"], "float32")
    present = keras.ops.cast(inputs["sensor_present"], "float32")[:, None]
    both = keras.layers.Concatenate()([flat, mask, present])
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(both))
    saved_model(model, tmp_path / "model", schema)
    raw = {
        "sensor": np.full((6, 20, 3), np.nan, "float32"),
        "text": ["x"] * 6,
    }
    for row, values in enumerate(data.values()):
        if values is not None:
            raw["sensor"][row, : len(values)] = values
    served = serve_in_fresh_process(tmp_path / "model", raw)["probabilities"]
    batch, _ = records.batch(6).get_single_element()
    prepared = Preprocessor(schema)(raw)
    for name in ("sensor", "sensor_mask", "sensor_present"):
        np.testing.assert_array_equal(prepared[name], batch[name])
    np.testing.assert_allclose(served, model(batch), atol=1e-5)
    assert schema.target == ClassTarget(classes=("0", "1"))


def test_real_recordings(shared_data):
    """BasicMotions: a nearest neighbour on what the pipeline gives does as published."""
    with zipfile.ZipFile(shared_data / "basic_motions.zip") as archive:
        parts = {
            part: _read_ts(archive, next(n for n in archive.namelist() if f"_{part}.ts" in n))
            for part in ("TRAIN", "TEST")
        }
    data = {(p, row): v for p, (values, _) in parts.items() for row, v in enumerate(values)}
    labels = {(p, row): v for p, (_, classes) in parts.items() for row, v in enumerate(classes)}
    column = SensorProcessor(standardize=False).load_arrays(data)
    records = pair(column, labels=labels)
    train, test = records.split_by({key: key[0] for key in data}, ("TRAIN", "TEST"))
    assert (len(train), len(test)) == (40, 40)
    (x, y), (z, w) = (part.batch(40).get_single_element() for part in (train, test))
    assert x["sensor"].shape == (40, 100, 6)
    assert x["sensor_mask"].numpy().all()
    distances = ((z["sensor"].numpy()[:, None] - x["sensor"].numpy()[None]) ** 2).sum((2, 3))
    accuracy = (y.numpy()[distances.argmin(1)] == w.numpy()).mean()
    assert accuracy == pytest.approx(0.6)  # as published: Euclidean, on this split


def _read_ts(archive, name):
    """sktime's text: after `@data`, channels between colons, the class at the end."""
    lines = io.TextIOWrapper(archive.open(name), "utf-8").read().split("@data")[1].split("\n")
    values, labels = [], []
    for line in filter(None, map(str.strip, lines)):
        *channels, label = line.split(":")
        values.append(np.array([[float(v) for v in c.split(",")] for c in channels]).T)
        labels.append(label)
    return values, labels
