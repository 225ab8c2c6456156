"""Times as loggers write them."""

import numpy as np
import pandas as pd
import pytest

from keras_multimodal.data import SensorProcessor

MOMENTS = pd.date_range("2024-10-27 23:30", periods=20, freq="10min")
VALUES = np.sin(np.arange(20.0))
WRITINGS = {
    "iso": MOMENTS.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "iso with a zone": MOMENTS.strftime("%Y-%m-%d %H:%M:%S.000+02:00"),
    "pandas": MOMENTS.astype(str),
    "german": MOMENTS.strftime("%d.%m.%Y %H:%M"),
    "british": MOMENTS.strftime("%d/%m/%Y %H:%M:%S"),
    "american": MOMENTS.strftime("%m/%d/%Y %I:%M %p"),
    "chinese": MOMENTS.strftime("%Y年%m月%d日 %H:%M"),
    "a comma": MOMENTS.strftime("%Y-%m-%d %H:%M:%S,000"),
    "clock": (MOMENTS - pd.Timedelta("12h")).strftime("%H:%M:%S"),
    "hours": [f"{23 + minute // 60}:{minute % 60:02}" for minute in range(0, 200, 10)],
    "seconds": np.arange(20) * 600,
    "since 1970": MOMENTS.astype("datetime64[s]").astype("int64"),
}


def load(tmp_path, times, sample_rate=1 / 600, suffix="csv"):
    frame = pd.DataFrame({"time": times, "x": VALUES[: len(times)]})
    if suffix == "csv":
        frame.to_csv(tmp_path / "a.csv", index=False, quoting=1)
    else:
        frame.to_parquet(tmp_path / "a.parquet")
    files = pd.DataFrame({"f": [f"a.{suffix}"]}, index=["walk"])
    processor = SensorProcessor(sample_rate=sample_rate, standardize=False)
    return processor.from_dataframe(files, "f", tmp_path, time="time")


@pytest.mark.parametrize("writing", list(WRITINGS))
def test_times_are_read_as_they_are_written(tmp_path, writing):
    order = np.arange(20) if writing in ("clock", "hours") else np.arange(20)[::-1]
    column = load(tmp_path, WRITINGS[writing])
    np.testing.assert_allclose(column.series[0][:, 0], VALUES, rtol=1e-6)
    frame = pd.DataFrame({"k": "a", "time": WRITINGS[writing], "x": VALUES}).iloc[order]
    column = SensorProcessor(sample_rate=1 / 600).load_table(frame, "k", ["x"], time="time")
    np.testing.assert_allclose(column.series[0][:, 0], VALUES, rtol=1e-6)


@pytest.mark.parametrize(
    "times", [MOMENTS, MOMENTS.tz_localize("Asia/Tokyo"), MOMENTS - MOMENTS[0]]
)
def test_times_of_a_kind_of_their_own_are_read_too(tmp_path, times):
    column = load(tmp_path, times, suffix="parquet")
    np.testing.assert_allclose(column.series[0][:, 0], VALUES, rtol=1e-6)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (["2024-12-31", "soon"], r"seconds, or dates such as .* Received: 'soon' in row 1"),
        (["31.12.2024", "2024-12-30"], "all written alike"),
        (["01/02/2024", "01/03/2024"], "day and month can be told. Received: '01/02/2024'"),
        (["23:59:00", "00:01:00"], "do not go back, or dates.*'00:01:00' behind '23:59:00'"),
        ([1730000000000, 1730000001000], "in seconds. Received: 1730000000000, .*milliseconds"),
        (["10:00", None], "a time for each step"),
        (["10:00", "10:00"], "each time once"),
    ],
)
def test_what_is_no_time_is_refused(tmp_path, times, message):
    with pytest.raises(ValueError, match=rf"(?s)a.csv' \(row 'walk'\) cannot be read: .*{message}"):
        load(tmp_path, times)


def test_a_time_that_is_far_off_takes_no_memory(tmp_path):
    with pytest.raises(
        ValueError, match=r"too far apart.*from 0.0 to 17356\d+.0 s, which is 1735\d+ "
    ):
        load(tmp_path, ["1970-01-01", "2024-12-31"], sample_rate=100)


def test_either_way_is_right_within_a_day(tmp_path):
    times = ["01/02/2024 10:10", "01/02/2024 10:00"]
    assert load(tmp_path, times).series[0][:, 0].tolist() == pytest.approx([VALUES[1], VALUES[0]])


def test_a_row_is_named_as_the_user_has_it():
    table = pd.DataFrame({"k": ["a", "a"], "time": ["soon", "now"], "x": [1.0, 2.0]})
    with pytest.raises(ValueError, match=r"Received: 'soon' in row 0$"):
        SensorProcessor().load_table(table, "k", ["x"], time="time")
    with pytest.raises(ValueError, match=r"Received: 'soon' in row 0$"):
        SensorProcessor().load_table(table, "k", ["time"])


@pytest.mark.parametrize(
    ("content", "names", "steps"),
    [
        ("0,1\n2,3\n4,5\n", ["0", "1"], 2),  # as pandas writes columns without names
        ("1,1\n2,3\n4,5\n", ["0", "1"], 3),
        ("0.0e+00,1.0e+00\n2.0e+00,3.0e+00\n", ["0", "1"], 2),
        (" -1.5 ; nan\n2;3\n", ["0", "1"], 2),
        ("x,2\n2,3\n4,5\n", ["x", "2"], 2),
    ],
)
def test_a_file_without_names_keeps_its_first_step(tmp_path, content, names, steps):
    (tmp_path / "bare.csv").write_text(content)
    column = SensorProcessor().from_dataframe(pd.DataFrame({"f": ["bare.csv"]}), "f", tmp_path)
    assert (list(column.spec.channels), column.spec.length) == (names, steps)


def test_numbers_that_are_asked_for_are_names(tmp_path):
    (tmp_path / "bands.csv").write_text("50,60\n2,3\n4,5\n")
    files = pd.DataFrame({"f": ["bands.csv"]})
    column = SensorProcessor().from_dataframe(files, "f", tmp_path, channels=["60"])
    assert column.series[0].tolist() == [[3], [5]]


def test_times_in_a_file_without_names(tmp_path):
    (tmp_path / "bare.csv").write_text("2024-10-27T10:00:01,3\n2024-10-27T10:00:00,2\n")
    files = pd.DataFrame({"f": ["bare.csv"]})
    column = SensorProcessor().from_dataframe(files, "f", tmp_path, time="0")
    assert column.series[0].tolist() == [[2], [3]]
