"""Numbers that are far off count as nearer, so that none of them decides alone or ends as NaN."""

import json

import keras
import numpy as np
import pandas as pd
import pytest

from keras_multimodal import tasks
from keras_multimodal.data import Preprocessor, SensorProcessor, TableProcessor, pair
from keras_multimodal.data.column.scaling import smooth_clip
from keras_multimodal.data.column.status import Status
from keras_multimodal.schema import Features, Schema, Sensor, Tabular

HUGE = 3.4e38
TABLE = Tabular(numeric=("a", "b"), mean=(1.0, 0.0), std=(2.0, 1e-3))
SENSOR = Sensor(channels=("a", "b"), length=3, mean=(1.0, 0.0), std=(2.0, 1e-3))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (9.5, 9.5),
        (10.0, 10.0),
        (-10.0, -10.0),
        (12.5, 12.0),
        (-20.0, -15.0),
        (1e6, 20.0),
        (HUGE, 20.0),
        (-HUGE, -20.0),
        (np.inf, 20.0),
        (-np.inf, -20.0),
    ],
)
def test_from_the_bound_on_values_are_nearer(value, found):
    values = np.float32([value])
    assert smooth_clip(values, 10.0).numpy().tolist() == [pytest.approx(found, abs=1e-3)]
    assert smooth_clip(values, None) is values


def test_usual_values_are_as_they_were_and_the_order_stays(rng):
    values = np.sort(rng.normal(scale=30, size=1000)).astype("float32")
    clipped = smooth_clip(values, 10.0).numpy()
    usual = np.abs(values) <= 10
    assert 100 < usual.sum() < 900
    np.testing.assert_array_equal(clipped[usual], values[usual])
    assert (np.diff(clipped) > 0).all()
    slopes = np.diff(smooth_clip(np.float32([9.98, 10.0, 10.02]), 10.0))
    np.testing.assert_allclose(slopes, 0.02, rtol=3e-3)  # without a bend


def raw_of(spec, value):
    """Three rows, the second of which holds the value."""
    numbers = np.float32([1.0, value, 2.0])
    if isinstance(spec, Tabular):
        return {"a": numbers, "b": np.float32([0, 1e-3, -1e-3])}
    series = np.ones((3, 3, 2), "float32") * 1e-3
    series[:, 1, 0] = numbers
    return {spec.name: series}


@pytest.mark.parametrize("value", [1e5, -1e38, HUGE])
@pytest.mark.parametrize(
    ("spec", "bound"),
    [
        (TABLE, 20),
        (SENSOR, 20),
        (Sensor(channels=("a", "b"), length=3, clip=3.0, mean=(1.0, 0.0), std=(2.0, 1e-3)), 6),
        (Sensor(channels=("a", "b"), length=3, standardize=False), 2e12),
        (Features(length=3, dim=2), 2e12),
    ],
)
def test_what_is_far_off_is_bounded_and_flagged(spec, bound, value):
    preprocessor = Preprocessor(Schema([spec]))
    served = preprocessor.serve(raw_of(spec, value))
    values = np.asarray(served.inputs[spec.name]).reshape(3, -1)
    assert np.abs(values).max() <= bound
    assert np.abs(values[1]).max() == pytest.approx(
        bound if bound < 1e6 else abs(value), rel=1e-3
    ) or (abs(value) > bound)
    np.testing.assert_array_equal(
        preprocessor(raw_of(spec, value))[spec.name], served.inputs[spec.name]
    )
    flagged = bound < 1e6 or abs(value) > 1e12
    assert served.status[spec.name].numpy().tolist() == [0, Status.HUGE * flagged, 0]


def test_older_descriptions_leave_all_as_it_was():
    schema = Schema([TABLE, SENSOR])
    config = json.loads(schema.to_json())
    for part in config["inputs"]:
        del part["clip"], part["float64"]
    older = Schema.from_json(json.dumps(config))
    assert [(spec.clip, bool(spec.float64)) for spec in older.inputs] == [(None, False)] * 2
    assert Schema.from_json(schema.to_json()) == schema
    found = Preprocessor(older)({**raw_of(TABLE, 2e6), **raw_of(SENSOR, 2e6)})
    assert np.asarray(found["table"]).max() == np.asarray(found["sensor"]).max() == 999_999.5


def test_a_sensor_that_breaks_leaves_no_nan(rng):
    series = rng.normal(size=(8, 20, 2))
    column = SensorProcessor().load_arrays(series, channels=["x", "y"])
    records = pair(column, labels=["a", "b"] * 4).adapt()
    broken = series.copy()
    broken[1, 3, 0], broken[2, 4, 1], broken[3, 0, 0] = 1e38, -HUGE, 500
    later = SensorProcessor().load_arrays(broken, channels=["x", "y"])
    rows = pair(later, schema=records.schema)
    (found,) = rows.columns
    assert found.far_rows().tolist() == [False, True, True, False, False, False, False, False]
    assert found.windows(10).far_rows().nonzero()[0].tolist() == [2, 4]
    model = tasks.classifier(records.schema, dim=8, seed=0, jit_compile=False)
    answers = keras.ops.convert_to_numpy(model(rows.batch(8).get_single_element()))
    assert np.isfinite(answers).all()
    np.testing.assert_allclose(answers.sum(1), 1, rtol=1e-5)
    served = Preprocessor(records.schema).serve({"sensor": broken})
    flags = served.status["sensor"].numpy() == Status.HUGE
    np.testing.assert_array_equal(flags, found.far_rows())


def test_one_cell_does_not_decide_alone():
    frame = pd.DataFrame({"a": np.arange(24.0), "b": np.arange(24.0) % 7})
    trained = pair(TableProcessor().from_dataframe(frame)).adapt().schema
    frame.loc[3, "a"] = HUGE
    later = pair(TableProcessor().from_dataframe(frame), schema=trained)
    values = later.batch(24).get_single_element()["table"].numpy()
    assert values[3, 0] == 20
    assert np.abs(np.delete(values, 3, 0)).max() < 2
