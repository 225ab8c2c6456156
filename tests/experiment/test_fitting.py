"""Trainings of several models: how they end, and what the fused one starts from."""

import time

import keras
import numpy as np
import pandas as pd
import pytest

from keras_multimodal import data, experiment, layers, tasks
from keras_multimodal.errors import ArgumentError
from keras_multimodal.experiment.fitting import _file_names

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


def fit(parts, modalities=MODALITIES, build=build, **options):
    settings = {"epochs": 3, "batch_size": 16, **options}
    return experiment.fit_models(parts, modalities, build, **settings)


def test_each_model_has_its_part_of_the_time_and_one_epoch_at_least(parts):
    found = []
    models = fit(parts, epochs=50, deadline=time.monotonic(), on_finding=found.append)
    assert list(models) == list(MODALITIES)
    for model in models.values():
        assert (model.fit.epochs, model.fit.stopped) == (1, "the time is up")
    assert [str(each) for each in found[:2]] == [
        "Training one alone on 64 rows",
        "one alone: best of 1 epochs is number 1, by validation loss, the time is up",
    ]
    assert len(found) == 6


def test_each_model_has_the_weights_of_its_best_epoch(parts, capsys):
    for model in fit(parts).values():
        validation = model.rows["validation"].batch(16)
        loss = model.model.evaluate(validation, verbose=0)
        assert loss == pytest.approx(min(model.fit.history["val_loss"]), rel=1e-4)
    assert capsys.readouterr().out == ""


def test_all_together_start_from_the_encoders_that_have_learned(parts):
    def held(name, rows):
        model = build(name, rows)
        model.optimizer.learning_rate = 0.0 if name == "all" else 0.01
        return model

    models = fit(parts, build=held, epochs=1)
    for name in ("one", "two"):
        learned = models[f"{name} alone"].model.get_layer(f"{name}_encoder").get_weights()
        taken = models["all"].model.get_layer(f"{name}_encoder").get_weights()
        for theirs, its in zip(learned, taken, strict=True):
            np.testing.assert_array_equal(theirs, its)


def test_a_loss_that_is_no_number_is_refused(parts):
    def diverging(name, rows):
        model = build(name, rows)
        model.optimizer.learning_rate = float("nan")
        return model

    with pytest.raises(ValueError, match=r"loss of all is no number.*`learning_rate` be smaller"):
        fit(parts, {"all": ("one", "two")}, diverging, epochs=1)


def test_what_is_in_the_folder_is_gone_on_with_when_asked_for(parts, tmp_path):
    folder = str(tmp_path / "state")
    first = fit(parts, {"all": ("one",)}, folder=folder, epochs=1)["all"].fit.history
    with pytest.raises(ArgumentError, match=r"`folder` must have no state.*1 epochs of 'all'"):
        fit(parts, {"all": ("one",)}, folder=folder)
    again = fit(parts, {"all": ("one",)}, folder=folder, resume=True)["all"].fit
    assert again.epochs == 1  # it was done
    assert again.history == first


@pytest.mark.parametrize(
    ("modalities", "options", "argument"),
    [
        ({"all": ("one",)}, {"mode": "maximum"}, "mode"),
        ({"all": ("one",)}, {"monitor": "val_accuracy"}, "monitor"),
    ],
)
def test_what_is_wrong_is_named(parts, modalities, options, argument):
    with pytest.raises(ArgumentError) as caught:
        fit(parts, modalities, epochs=1, **options)
    assert caught.value.argument == argument


def test_another_measure_chooses_the_epoch(parts):
    course = fit(parts, {"all": ("one",)}, monitor="val_loss", mode="max")["all"].fit
    assert course.history["val_loss"][course.best] == max(course.history["val_loss"])


def test_each_model_has_files_of_its_own():
    """An interrupted run of an earlier version has files of these names."""
    names = ["Photo File alone", "Photo-File alone", "1st alone", "说明 alone", "all", "$"]
    files = ["Photo_File_alone", "Photo_File_alone_", "_1st_alone", "说明_alone", "all", "model"]
    assert list(_file_names(names).values()) == files
