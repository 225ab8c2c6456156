"""Trainings of several models: how they end, and what the fused one starts from."""

import time

import keras
import numpy as np
import pandas as pd
import pytest

from keras_multimodal import data, experiment, layers, tasks

MODALITIES = {"one alone": ("one",), "two alone": ("two",), "all": ("one", "two")}


@pytest.fixture
def parts(rng):
    """Rows of two tables of a number each, the sum of which is to be found."""

    numbers = pd.DataFrame(rng.normal(size=(104, 2)).round(3), columns=["x", "y"])
    columns = [
        data.TableProcessor().from_dataframe(numbers, numeric=[column], name=name)
        for name, column in (("one", "x"), ("two", "y"))
    ]
    records = data.pair(*columns, values=numbers.sum(axis=1))
    parts = records.split(validation=32 / 104, test=8 / 104)
    return dict(zip(["training", "validation", "test"], parts, strict=True))


def build(name, rows):
    """A dense encoder of each number, and the mean of both."""
    inputs = tasks.inputs(rows.schema)
    vectors = [
        keras.layers.Dense(4, activation="tanh", name=f"{each}_encoder")(inputs[each])
        for each in rows.schema.names
    ]
    fused = layers.MeanFusion()([vector[:, None] for vector in vectors])
    model = keras.Model(inputs, keras.layers.Dense(1)(fused))
    model.compile("adam", "mse")
    return model


def fit(parts, folder, modalities=MODALITIES, **options):
    settings = {"epochs": 3, "batch_size": 16, "seed": 0, **options}
    return experiment.fit_models(parts, modalities, build, folder=folder, **settings)


def test_each_model_has_its_part_of_the_time_and_one_epoch_at_least(parts, tmp_path):
    found = []
    models = fit(parts, tmp_path, epochs=50, deadline=time.monotonic(), on_finding=found.append)
    assert list(models) == list(MODALITIES)
    for model in models.values():
        assert (model.fit.epochs, model.fit.stopped) == (1, "the time is up")
    assert [str(each) for each in found[:2]] == [
        "Training one alone on 64 rows",
        "one alone: best of 1 epochs is number 1, by validation loss, the time is up",
    ]
    assert len(found) == 6


def test_each_model_has_the_weights_of_its_best_epoch(parts, tmp_path, capsys):
    for model in fit(parts, tmp_path).values():
        validation = model.rows["validation"].batch(16)
        loss = model.model.evaluate(validation, verbose=0)
        assert loss == pytest.approx(min(model.fit.history["val_loss"]), rel=1e-4)
    assert capsys.readouterr().out == ""


def test_all_together_start_from_the_encoders_that_have_learned(parts, tmp_path):
    keras.utils.set_random_seed(0)
    started = {}

    def noted(name, rows):
        started[name] = build(name, rows)
        started[name].optimizer.learning_rate = 0.0 if name == "all" else 0.01
        return started[name]

    models = experiment.fit_models(
        parts, MODALITIES, noted, folder=tmp_path, epochs=1, batch_size=16, seed=0
    )
    for name in ("one", "two"):
        learned = models[f"{name} alone"].model.get_layer(f"{name}_encoder").get_weights()
        taken = models["all"].model.get_layer(f"{name}_encoder").get_weights()
        for theirs, own in zip(learned, taken, strict=True):
            np.testing.assert_array_equal(theirs, own)


def test_a_loss_that_is_no_number_is_refused(parts, tmp_path):
    def diverging(name, rows):
        model = build(name, rows)
        model.optimizer.learning_rate = float("nan")
        return model

    with pytest.raises(ValueError, match=r"loss of all is no number.*`learning_rate` be smaller"):
        experiment.fit_models(
            parts,
            {"all": ("one", "two")},
            diverging,
            folder=tmp_path,
            epochs=1,
            batch_size=16,
            seed=0,
        )
