"""Numbers of many digits stay apart until their mean is taken off, in training and in serving."""

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from keras_multimodal import tasks
from keras_multimodal.data import (
    Preprocessor,
    SensorProcessor,
    TableColumns,
    TableProcessor,
    TextProcessor,
    pair,
)
from keras_multimodal.data.column import precision
from keras_multimodal.export import saved_model, serve_in_fresh_process
from keras_multimodal.losses import StandardizedError
from keras_multimodal.schema import NumberTarget, Schema, Tabular, Targets

ROWS = 24
STEPS = np.arange(ROWS)
# By what they are: the numbers, and whether float32 loses their digits.
NUMBERS = {
    "unix seconds, 1 s apart": (1_700_000_000 + STEPS, True),
    "unix seconds, 1 min apart": (1_700_000_000 + 60 * STEPS, True),
    "unix milliseconds": (1_700_000_000_000 + STEPS, True),
    "unix microseconds": (1_700_000_000_000_000 + STEPS, True),
    "yyyymmdd": (20240101 + STEPS, True),
    "yyyymmdd of ten years": (20140101 + 4567 * STEPS, True),
    "UTM northing, 5 cm apart": (5_812_345.1 + 0.05 * STEPS, True),
    "Julian dates, 1 min apart": (2_460_310.5 + STEPS / 1440, True),
    "numbers of eight digits": (-16_777_216 - STEPS, True),
    "a degree of latitude": (48.1234567 + 1e-6 * STEPS, True),
    "whole numbers whose mean float32 has not": (16_000_000 + STEPS, True),
    "far below zero": (-1e30 - 1e20 * STEPS, True),
    "years": (2000 + STEPS, False),
    "heights": (1.5 + 0.021 * STEPS, False),
    "prices": (0.99 + 10.1 * STEPS, False),
    "tiny": (1e-20 * STEPS, False),
    "seconds of a year": (1_700_000_000 + 86_400 * 15 * STEPS, False),
}
SIZE = Tabular(numeric=("x",), mean=(1.0,), std=(1.0,))
CASES = [pytest.param(*case, id=name) for name, case in NUMBERS.items()]


def standardised(numbers):
    above = np.asarray(numbers, "float64") - numbers[0]  # whose sums have digits left
    return (above - above.mean()) / above.std()


def texts(rows=ROWS):
    return TextProcessor(length=2).load_data([f"a {row}" for row in range(rows)])


@pytest.mark.parametrize(("numbers", "lost"), CASES)
def test_columns_channels_and_targets_keep_their_digits(numbers, lost):
    frame = pd.DataFrame({"a": numbers, "b": STEPS})
    table = TableProcessor().from_dataframe(frame, numeric=["a", "b"])
    series = frame.to_numpy()[:, None]
    sensor = SensorProcessor().load_arrays(series, channels=["a", "b"])
    records = pair(table, sensor, values=pd.Series(numbers, name="a")).adapt()
    std = np.std(numbers - numbers[0])
    schema = records.schema
    assert Schema.from_json(schema.to_json()) == schema

    inputs, labels = records.batch(ROWS).get_single_element()
    found = {"table": inputs["table"], "sensor": inputs["sensor"][:, 0]}
    for name, values in found.items():
        assert schema[name].std[0] == pytest.approx(std)
        np.testing.assert_allclose(values[:, 0], standardised(numbers), atol=2e-5)
        assert len(set(values[:, 0].numpy().tolist())) == ROWS
    assert schema["table"].float64 == (("a",) if lost else ())
    assert schema["sensor"].float64 is lost
    dtypes = {n: part.dtype.name for n, part in Preprocessor(schema).raw_signature().items()}
    dtype = "float64" if lost else "float32"
    assert dtypes == {"a": dtype, "b": "float32", "sensor": dtype}
    raw = {"a": frame["a"], "b": frame["b"], "sensor": series}
    served = Preprocessor(schema)({name: raw[name].astype(dtypes[name]) for name in raw})
    for name in found:
        np.testing.assert_array_equal(served[name], inputs[name])

    lost = lost or bool(std < 1e-6)  # which Keras does not take
    assert schema.target.std[0] == pytest.approx(std)
    assert schema.target.float64 is lost
    assert labels.dtype.name == records.labels.dtype == ("float64" if lost else "float32")
    assert len(set(labels[:, 0].numpy().tolist())) == ROWS


def test_targets_keep_their_digits_in_parts_beside_others_and_in_later_rows():
    numbers = pd.Series(1.7e9 + STEPS, name="a")
    records = pair(texts(), values=numbers)
    assert records.labels.dtype == "float64"
    train, test = records.split(test=0.25, seed=1)
    assert train.labels.dtype == test.labels.dtype == "float64"
    later = pair(texts(3), values=list(numbers[:3]), schema=train.schema)
    np.testing.assert_array_equal(later.labels, records.labels[:3])
    # Numbers that float32 has, between which answers lie.
    whole = pair(texts(), values=4_000_000 + 2 * STEPS)
    assert whole.labels.dtype == "float64"
    one = pair(texts(), values=pd.DataFrame({"a": numbers, "b": STEPS}))
    assert (one.labels.dtype, one.schema.target.columns) == ("float64", ("a", "b"))
    several = pair(texts(), values=pd.DataFrame({"a": numbers, "b": STEPS}), labels=["x", "y"] * 12)
    assert {name: labels.dtype.name for name, labels in several.adapt().labels.items()} == {
        **{"a": "float64", "b": "float32", "label": "int32"}
    }
    _, labels, _ = next(iter(several.adapt().batch(ROWS)))
    np.testing.assert_array_equal(labels["a"][:, 0], numbers)


def test_digits_stay_on_a_grid_in_windows_and_beside_gaps():
    table = pd.DataFrame({"key": "a", "t": STEPS, "x": 1.7e9 + STEPS, "y": np.nan})
    table.loc[3, "y"] = 2.0
    column = SensorProcessor(sample_rate=2.0).load_table(table, "key", ["x", "y"], time="t")
    windows = pair(column.windows(10, hop_steps=5)).adapt()
    spec = windows.schema["sensor"]
    assert spec.float64
    assert spec.std[1] == 1
    values = windows.batch(9).get_single_element()["sensor"].numpy()[:, :, 0]
    np.testing.assert_allclose(np.diff(values), 0.5 / spec.std[0], rtol=1e-4)


def test_changes_of_training_keep_the_digits():
    series = {key: np.stack([1.7e9 + STEPS, STEPS], 1) for key in "ab"}
    maker = SensorProcessor(jitter=0.01, time_warp=0.1)
    batch = next(iter(pair(maker.load_arrays(series)).adapt().batch(2, training=True)))
    values = batch["sensor"].numpy()
    assert np.abs(values[..., 0] - values[..., 1]).max() < 0.1
    scaled = SensorProcessor(scaling=0.5, channel_drop=0.5).load_arrays(series)
    assert np.isfinite(next(iter(pair(scaled).adapt().batch(2, training=True)))["sensor"]).all()


def test_a_few_rows_that_are_far_off_cost_the_others_no_digit():
    series = [np.stack([1.7e9 + STEPS, STEPS], 1) for _ in range(9)] + [np.zeros((ROWS, 2))]
    parts = ["train"] * 9 + ["test"]
    column = SensorProcessor().load_arrays(series)
    train, test = pair(column).split_by(parts, ("train", "test"))
    assert train.schema["sensor"].float64
    assert len(set(train.batch(9).get_single_element()["sensor"][0, :, 0].numpy())) == ROWS
    assert test.batch(1).get_single_element()["sensor"].numpy()[0, 0, 0] == pytest.approx(-20)


def test_later_rows_are_read_as_exactly():
    def table(numbers):
        return TableProcessor().from_dataframe(pd.DataFrame({"a": numbers}), numeric="a")

    def series(numbers):
        return SensorProcessor(length=3).load_arrays([np.asarray(numbers)])

    for make in (table, series):
        trained = pair(make(1_700_000_000 + STEPS)).adapt().schema
        spec = trained.inputs[0]
        new = pair(make([1_700_000_000.0, 1_700_000_001.0, 0.0]), schema=trained)
        values = new.batch(3).get_single_element()[spec.name].numpy().ravel()
        assert values[1] - values[0] == pytest.approx(1 / spec.std[0], rel=1e-4)


@pytest.mark.parametrize("constant", [5.0, 0.1, 1.7e9, 1.7e9 + 0.3, -3e38])
def test_what_is_constant_is_called_so(constant):
    numbers = np.full(1000, constant)
    table = TableProcessor().from_dataframe(pd.DataFrame({"a": numbers})).adapt()
    sensor = SensorProcessor().load_arrays([numbers[:, None]]).adapt()
    target = pair(texts(1000), values=numbers).adapt().schema.target
    assert table.spec.std == sensor.spec.std == target.std == (1.0,)
    values = pair(table).batch(1000).get_single_element()["table"]
    np.testing.assert_allclose(values, np.zeros((1000, 1)), atol=1e-8)
    values = pair(sensor).batch(1).get_single_element()["sensor"]
    np.testing.assert_allclose(values, np.zeros((1, 1000, 1)), atol=1e-8)
    almost = numbers * (1 + 1e-14 * (np.arange(1000) % 2))
    assert TableProcessor().from_dataframe(pd.DataFrame({"a": almost})).adapt().spec.std != (1.0,)


def test_what_squares_to_nothing_is_constant():
    spec = pair(texts(2), values=[0.0, 1e-200]).adapt().schema.target
    assert (spec.mean, spec.std) == ((0.0,), (1.0,))


def test_many_numbers_are_held_as_float32_where_that_loses_nothing(monkeypatch):
    monkeypatch.setattr(precision, "_FEW", 0)
    seconds = 1.7e9 + np.arange(1000.0)
    seconds[::9] = 0
    heights = 1.5 + 0.0213 * np.arange(1000.0) % 0.7
    nothing = np.full(1000, np.nan)
    assert not precision.fits_float32(np.stack([seconds, heights], 1))
    assert precision.fits_float32(np.stack([heights, nothing, np.round(heights)], 1))
    assert not precision.fits_float32(np.full((1000, 1), 0.1))  # of which no spread is known


@pytest.mark.parametrize("number", [1e39, -1e39, 10**400, np.inf, np.nan])
def test_what_float32_cannot_hold_is_refused_by_name(number):
    values = dict.fromkeys(range(ROWS), 1.0) | {4: number}
    if number == number:
        message = f"finite numbers in 'value' that float32 can hold.*{str(number)[:3]}.*in row 4"
        with pytest.raises(ValueError, match=message.replace("+", r"\+")):
            pair(texts(), values=values)
    if isinstance(number, float) and abs(number) < np.inf:
        spec = Tabular(numeric=("x",))
        with pytest.raises(ValueError, match=r"finite in float32.*row 'q' of column 'x'"):
            TableColumns(spec, "q", np.array([[number]]), np.empty((1, 0), object), "an array")


def make_regressor(target, **options):
    """A small regressor, and the layer whose output is deviations from the mean."""
    schema = Schema([SIZE], target)
    model = tasks.regressor(schema, dim=4, seed=0, jit_compile=False, **options)
    return model, model.get_layer("standardized")


def example(model, rows):
    """The inputs of rows of ones."""
    return {
        name: np.ones((rows, *tensor.shape[1:]), keras.backend.standardize_dtype(tensor.dtype))
        for name, tensor in model.input.items()
    }


@pytest.mark.parametrize(
    ("mean", "std"), [(1.7e9 + 0.123, 7.0), (-2e-9, 1e-10), (1e30, 1e20), (5.0, 2.0)]
)
def test_a_model_answers_in_all_digits(mean, std):
    numbers = mean + std * np.linspace(-1, 1, 5)
    target = pair(texts(5), values=numbers).adapt().schema.target
    target = NumberTarget(mean=(mean,), std=(std,), float64=target.float64)
    model, layer = make_regressor(target, loss="mse")
    layer.set_weights([np.zeros_like(layer.kernel), np.array([0.5], "float32")])
    found = model(example(model, 5)).numpy()
    accuracy = 1e-5 if target.float64 else 2e-7 * mean / std
    assert np.abs((found - (mean + 0.5 * std)) / std).max() < accuracy
    # Errors of -1.5, -1, -0.5, 0 and 0.5 deviations.
    assert float(model.loss(numbers[:, None], found)) == pytest.approx(0.75, rel=1e-4)


def test_a_model_learns_is_saved_and_served_in_all_digits(tmp_path):
    numbers = 1.7e9 + np.arange(6)
    target = pair(texts(6), values=numbers).adapt().schema.target
    model, layer = make_regressor(target, loss="mse", dropout=0.0)
    layer.set_weights([np.zeros_like(layer.kernel), np.array([0.5], "float32")])
    inputs = example(model, 6)
    # Of arrays in memory Keras makes float32 itself; `records.batch` gives datasets.
    dataset = tf.data.Dataset.from_tensors((inputs, numbers[:, None]))
    logs = model.fit(dataset, verbose=0).history
    assert logs["loss"] == [pytest.approx(1.25, rel=1e-4)]
    assert logs["mae"] == [pytest.approx((np.abs(np.arange(6) - 2.5 - target.std[0] / 2)).mean())]
    assert layer.get_weights()[1] < 0.5  # towards the mean
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    found = model(inputs).numpy()
    np.testing.assert_array_equal(loaded(inputs), found)
    assert loaded.loss.dtype == loaded.output.dtype == found.dtype == "float64"
    assert np.ptp(found % 1) == 0 != found[0, 0] % 1
    saved_model(model, tmp_path / "served", Schema([SIZE], target))
    served = serve_in_fresh_process(tmp_path / "served", {"x": np.ones(6, "float32")})
    np.testing.assert_allclose(served["value"], found, atol=1e-5)


def test_quantiles_and_several_targets_too():
    when = NumberTarget(name="when", columns=("when",), mean=(1.7e9,), std=(7.0,), float64=True)
    price = NumberTarget(name="price", columns=("price",), mean=(20.0,), std=(4.0,))
    model = tasks.multi_task(
        Schema([SIZE], Targets((when, price))),
        number_loss="quantile",
        loss_weights="uncertainty",
        dim=4,
        seed=0,
    )
    found = model(example(model, 3))
    assert (found["when"].dtype, found["price"].dtype) == ("float64", "float32")
    assert (np.diff(found["when"]) > 0).all()
    assert (np.diff(found["when"]) < 64).all()  # float32 has steps of 128 there
    loss = model.get_layer("when_weight").loss
    labels = np.array([[1.0], [2.0], [3.0]])
    near = loss(labels, found["when"].numpy() - 1.7e9)
    assert float(loss(1.7e9 + labels, found["when"])) == pytest.approx(float(near), rel=1e-4)


def test_deviations_that_keras_does_not_take_are_refused():
    with pytest.raises(ValueError, match=r"differ by more.*1e-20.*another unit"):
        make_regressor(NumberTarget(mean=(0.0,), std=(1e-20,), float64=True))


def test_a_loss_is_saved_with_its_precision():
    loss = StandardizedError((7.0,), dtype="float64")
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    labels, answers = np.array([[1.7e9]]), np.array([[1.7e9 + 7]])
    assert float(copy(labels, answers)) == float(loss(labels, answers)) == 1
