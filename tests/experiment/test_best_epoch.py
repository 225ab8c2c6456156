"""What training keeps of its epochs."""

import keras
import numpy as np

from keras_multimodal.experiment.best_epoch import BestEpoch


def test_weights_are_kept_of_the_best_epoch_and_the_last(tmp_path):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    best = BestEpoch(tmp_path, "all", patience=9, deadline=None)
    best.set_model(model)
    for epoch, loss in enumerate([1.0, 0.5, 0.6, 0.7, 0.4, 0.8]):
        best.on_epoch_end(epoch, {"val_loss": loss, "loss": loss})
        kept = {best.weights_of(number).name for number in (best.best, epoch)}
        assert {path.name for path in tmp_path.glob("*.h5")} == kept
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "all.4.weights.h5",
        "all.5.weights.h5",
        "all.json",
    ]


def test_time_and_patience_end_a_training(tmp_path):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    best = BestEpoch(tmp_path, "all", patience=2, deadline=None)
    best.set_model(model)
    for epoch, loss in enumerate([1.0, 0.5, 0.6, 0.7]):
        model.stop_training = False
        best.on_epoch_end(epoch, {"val_loss": loss, "loss": loss})
        assert model.stop_training == (epoch == 3)
    assert best.best == 1
    assert best.stopped == "no better for 2 epochs"
    late = BestEpoch(tmp_path, "late", patience=None, deadline=0.0)
    late.set_model(model)
    late.on_epoch_end(0, {"val_loss": 1.0, "loss": 1.0})
    assert late.stopped == "the time is up"
    again = BestEpoch(tmp_path, "all", patience=2, deadline=None)
    assert again.history == best.history
    lost = BestEpoch(tmp_path, "lost", patience=None, deadline=None)
    lost.set_model(model)
    for epoch, loss in enumerate([np.nan, 0.5, *[0.4] * 20]):
        lost.on_epoch_end(epoch, {"val_loss": loss, "loss": loss})
        assert not model.stop_training
    assert lost.best == 2


def test_more_of_a_measure_may_be_better(tmp_path):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    best = BestEpoch(tmp_path, "all", 9, None, monitor="val_accuracy", mode="max")
    best.set_model(model)
    for epoch, accuracy in enumerate([0.25, np.nan, 0.75, 0.5, 0.75]):
        best.on_epoch_end(epoch, {"val_loss": 1.0 + epoch, "val_accuracy": accuracy})
    assert (best.best, best.epochs) == (2, 5)  # the first of equals
