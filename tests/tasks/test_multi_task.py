"""Several targets over one trunk: the heads of the single tasks, weighed, saved and served."""

import keras
import numpy as np
import pandas as pd
import pytest

from keras_multimodal import data, export
from keras_multimodal.schema import ClassTarget, Features, NumberTarget, Schema, Targets, Text
from keras_multimodal.tasks import attach_encoders, calibrate, classifier, multi_task, regressor

WORDS = np.array(["one", "two", "three", "four"])
KIND = ClassTarget(name="kind", classes=("a", "b", "c"))
GRADE = ClassTarget(name="grade", classes=("low", "mid", "high"), ordered=True)
TAGS = ClassTarget(name="tags", classes=("x", "y"), multi_label=True)
PRICE = NumberTarget(name="price", columns=("price",), mean=(20.0,), std=(4.0,))
FEATURES = Features(length=2, dim=4)
ALL = Schema([FEATURES], Targets((KIND, GRADE, TAGS, PRICE)))


def make_frame(rng, rows=240):
    """A word says everything, a number some of it."""
    words = rng.integers(0, 4, rows)
    frame = pd.DataFrame({"word": WORDS[words], "size": rng.uniform(0, 9, rows)})
    frame["kind"] = np.where(words % 2, "odd", "even")
    frame["grade"] = np.array(["low", "low", "mid", "high"])[words]
    frame["price"] = 100.0 * words + frame["size"]
    frame["tags"] = [["big"] * (word > 1) + ["odd"] * (word % 2) for word in words.tolist()]
    frame.loc[::5, "kind"] = None
    frame.loc[1::5, "price"] = np.nan
    frame.loc[2::5, "tags"] = None
    return frame


def make_parts(frame):
    texts = data.TextProcessor(length=2).from_dataframe(frame, column="word")
    table = data.TableProcessor().from_dataframe(frame, numeric=["size"], optional=True)
    records = data.pair(
        texts,
        table,
        labels=frame[["kind", "grade", "tags"]],
        classes={"grade": ["low", "mid", "high"]},
        ordered=["grade"],
        values=frame["price"],
    )
    return records.split(test=0.25)


@pytest.mark.parametrize(
    ("weights", "number_loss"), [({"price": 0.5}, "quantile"), ("uncertainty", "mse")]
)
def test_from_a_table_with_gaps_to_served_answers(weights, number_loss, tmp_path, rng):
    """The whole way, of classes, several classes, steps and numbers, each missing in some rows."""
    keras.utils.set_random_seed(0)
    train, test = make_parts(make_frame(rng))
    model = multi_task(
        train.schema,
        loss_weights=weights,
        number_loss=number_loss,
        dim=16,
        dropout=0.0,
        learning_rate=0.02,
        seed=0,
    )
    history = model.fit(train.batch(20, training=True), epochs=15, shuffle=False, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    evaluated = model.evaluate(test.batch(30), verbose=0, return_dict=True)
    assert evaluated["kind_accuracy"] == evaluated["grade_accuracy"] == 1.0
    assert evaluated["tags_binary_accuracy"] == 1.0
    found = model.predict(test.batch(30), verbose=0)
    there = np.isfinite(test.labels["price"][:, 0])
    middle = found["price"][there, 0, 1] if number_loss == "quantile" else found["price"][there, 0]
    assert np.abs(middle - test.labels["price"][there, 0]).mean() < 25  # it spreads by 112

    temperature = calibrate(model, test.batch(30), "kind")
    assert temperature < 1  # right, and not yet sure
    assert calibrate(model, test.batch(30), "tags") < 1
    found = model.predict(test.batch(30), verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for name, values in loaded.predict(test.batch(30), verbose=0).items():
        np.testing.assert_allclose(values, found[name], rtol=1e-5, atol=1e-5)
    again = loaded.evaluate(test.batch(30), verbose=0, return_dict=True)
    assert again["loss"] == pytest.approx(model.evaluate(test.batch(30), verbose=0)[0], rel=1e-4)

    export.saved_model(model, tmp_path / "served", train.schema)
    raw = {"text": test.to_frame()["text"].tolist(), "size": test.columns[1].numbers[:, 0]}
    served = export.serve_in_fresh_process(tmp_path / "served", raw)
    assert set(served) == {
        *("kind", "kind_probabilities", "grade", "grade_probabilities"),
        *("tags", "tags_probabilities", "price", "text_status", "table_status"),
    }
    for name in ("kind", "grade", "tags"):
        np.testing.assert_allclose(served[f"{name}_probabilities"], found[name], atol=1e-5)
    np.testing.assert_allclose(served["price"], found["price"], rtol=1e-4, atol=1e-3)
    assert set(served["kind"]) == {"odd", "even"}
    np.testing.assert_array_equal(served["tags"], found["tags"] >= 0.5)


@pytest.mark.parametrize(
    ("target", "make", "options"),
    [
        (KIND, classifier, {}),
        (GRADE, classifier, {}),
        (TAGS, classifier, {}),
        (PRICE, regressor, {"loss": "mse"}),
        (PRICE, regressor, {"loss": "huber"}),
        (PRICE, regressor, {"loss": "quantile"}),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_each_output_loss_and_metric_is_that_of_the_single_task(target, make, options, rng):
    features = rng.normal(size=(6, 2, 4)).astype("float32")
    batch = {"features": features, "features_mask": np.ones((6, 2), bool)}
    single = make(Schema([FEATURES], target), dim=8, **options)
    model = multi_task(ALL, dim=8, number_loss=options.get("loss", "mse"))
    for layer in single.layers:
        own = {each.name: each for each in model.layers}
        named = own.get(layer.name, own.get(f"{target.name}_{layer.name}"))
        if layer.weights:
            named.set_weights(layer.get_weights())
    expected = single.predict_on_batch(batch)
    found = model.predict_on_batch(batch)[target.name]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    labels = {
        "kind": np.arange(6) % 3,
        "grade": np.arange(6) % 3,
        "tags": rng.integers(0, 2, (6, 2)).astype("float32"),
        "price": rng.normal(20, 4, (6, 1)).astype("float32"),
    }
    alone = single.test_on_batch(batch, labels[target.name], return_dict=True)
    among = model.test_on_batch(batch, labels, return_dict=True)
    for name, value in alone.items():
        assert among[f"{target.name}_{name}"] == pytest.approx(value, rel=1e-5)


def test_weights_multiply_the_losses(rng):
    batch = rng.normal(size=(6, 2, 4)).astype("float32"), np.ones((6, 2), bool)
    inputs = dict(zip(("features", "features_mask"), batch, strict=True))
    targets = Targets((KIND, PRICE))
    model = multi_task(Schema([FEATURES], targets), dim=8, loss_weights={"price": 3.0})
    labels = {"kind": np.arange(6) % 3, "price": np.full((6, 1), 24.0, "float32")}
    found = model.test_on_batch(inputs, labels, return_dict=True)
    total = found["kind_loss"] + 3 * found["price_loss"]
    assert found["loss"] == pytest.approx(total, rel=1e-5)
    uncertain = multi_task(Schema([FEATURES], targets), dim=8, loss_weights="uncertainty")
    uncertain.set_weights([*model.get_weights(), *[np.float32(0.5)] * 2])
    again = uncertain.test_on_batch(inputs, labels, return_dict=True)
    weight = np.exp(-0.5)
    expected = weight * found["kind_loss"] + weight / 2 * found["price_loss"] + 2 * 0.25
    assert again["loss"] == pytest.approx(expected, rel=1e-5)
    assert uncertain.get_layer("price_weight").loss.weight == pytest.approx(weight / 2)


def test_a_label_that_is_not_there_moves_nothing(rng):
    """Neither its head nor its weight; those of the others move."""
    model = multi_task(ALL, dim=8, weight_decay=0.0, loss_weights="uncertainty")
    features = rng.normal(size=(6, 2, 4)).astype("float32")
    inputs = {"features": features, "features_mask": np.ones((6, 2), bool)}
    labels = {
        "kind": np.arange(6) % 3,
        "grade": np.arange(6) % 3,
        "tags": np.zeros((6, 2), "float32"),
        "price": np.zeros((6, 1), "float32"),
    }
    weights = {name: np.full(6, name != "price", "float32") for name in labels}
    before = model.get_layer("price_standardized").get_weights()
    model.fit(inputs, labels, sample_weight=weights, verbose=0)
    after = model.get_layer("price_standardized").get_weights()
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    assert model.get_layer("price_weight").loss.weight == 0.5
    assert model.get_layer("grade_weight").loss.weight != 1.0


def test_learned_weights_do_not_decay():
    model = multi_task(ALL, dim=8, loss_weights="uncertainty", weight_decay=0.9, learning_rate=0.0)
    model.get_layer("kind_weight").log_variance.assign(2.0)
    held = model.get_layer("kind_weight").log_variance
    assert not model.optimizer._use_weight_decay(held)
    assert model.optimizer._use_weight_decay(model.get_layer("kind_logits").kernel)


def test_it_is_not_compiled_if_asked_not_to_be():
    assert not multi_task(ALL, dim=8, compile=False).compiled


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": Schema([FEATURES], KIND)}, "must have several targets; pair"),
        (
            {"schema": Schema([FEATURES], Targets((KIND, NumberTarget(name="n"))))},
            "measured on the",
        ),
        ({"loss_weights": {"color": 1.0}}, r"dict of weights of the targets \['kind'"),
        ({"loss_weights": "equal"}, "`loss_weights` must be 'uncertainty', or a dict"),
        ({"loss_weights": {"kind": -1.0}}, "finite numbers of at least 0"),
        ({"number_loss": "mape"}, "`number_loss` must be 'mse', 'huber' or 'quantile'"),
        ({"number_loss": "quantile", "quantiles": (0.9, 0.1)}, "`quantiles` must rise"),
        ({"label_smoothing": 1.0}, "`label_smoothing` must be in"),
        ({"fusion": "logits"}, "`fusion` must not be late"),
    ],
)
def test_wrong_arguments_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        multi_task(**{"schema": ALL, "dim": 8, **change})


def test_single_tasks_refuse_several_targets():
    for task in (classifier, regressor):
        with pytest.raises(ValueError, match=r"For several targets there is `tasks\.multi_task`"):
            task(ALL)


def test_calibrate_needs_the_name_of_a_target_of_classes():
    model = multi_task(ALL, dim=8)
    inputs = {"features": np.zeros((2, 2, 4)), "features_mask": np.ones((2, 2), bool)}
    labels, weights = {"kind": np.zeros(2, int)}, {"kind": np.zeros(2)}
    with pytest.raises(ValueError, match=r"or `target` name one of several.*with 3"):
        calibrate(model, [])
    with pytest.raises(ValueError, match=r"target of classes.*target='price'.*'kind_temperature'"):
        calibrate(model, [], "price")
    with pytest.raises(ValueError, match=r"one of the labels \['kind'\]"):
        calibrate(model, [(inputs, labels)], "grade")
    with pytest.raises(ValueError, match="none of 'kind' in any row"):
        calibrate(model, [(inputs, labels, weights)], "kind")
    assert calibrate(model, [(inputs, labels)], "kind") > 0


def test_export_refuses_outputs_that_are_not_the_targets(tmp_path):
    schema = Schema([FEATURES], Targets((KIND, PRICE)))
    model = multi_task(schema, dim=8)
    single = keras.Model(model.input, model.output["kind"])
    for wrong, own, message in (
        (single, schema, r"a dict of the targets.*\(None, 3\)"),
        (model, ALL, r"a dict of the targets.*\['kind', 'price'\]"),
        (model, Schema([FEATURES], Targets((GRADE, PRICE))), r"\['grade', 'price'\]"),
        (
            keras.Model(model.input, {**model.output, "kind": model.output["kind"] * 2}),
            schema,
            r"sum to 1.*in 'kind'",
        ),
        (
            keras.Model(model.input, {**model.output, "price": model.output["kind"]}),
            schema,
            "'price' with a number for each",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            export.saved_model(wrong, tmp_path / "unused", own)


def test_encoders_are_attached_in_front_of_it(tmp_path):
    """A model of features of several targets is exported with what made them."""
    text = Text(name="features", length=2, vocabulary=("one", "two"))
    targets = Targets((KIND, PRICE))
    head = multi_task(Schema([FEATURES], targets), dim=8, loss_weights="uncertainty")
    encoder = keras.layers.Embedding(4, 4, mask_zero=True, trainable=False)
    schema = Schema([text], targets)
    model = attach_encoders(head, {"features": encoder}, schema)
    export.saved_model(model, tmp_path / "served", schema)
    served = export.serve_in_fresh_process(tmp_path / "served", {"features": ["one", "two one"]})
    found = model.predict_on_batch({"features": np.array([[2, 0], [3, 2]], "int32")})
    np.testing.assert_allclose(served["kind_probabilities"], found["kind"], atol=1e-5)
    np.testing.assert_allclose(served["price"], found["price"], rtol=1e-5)
